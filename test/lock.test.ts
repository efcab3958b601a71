import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lockProblems } from './lock.ts';

test('the lock file installs as it is: complete, without registry names, with the CDK CLI of line 2', () => {
  expect(lockProblems(readFileSync('package-lock.json', 'utf8'))).toEqual([]);
});

test('the lock check sees a package that is missing, a registry name and the accidental CLI', () => {
  const packages = {
    'node_modules/a': {
      optionalDependencies: { 'a-linux': '1.0.0' },
      resolved: 'https://registry.example/a.tgz',
    },
    'node_modules/aws-cdk': { version: '3.0.0' },
  };
  expect(lockProblems(JSON.stringify({ packages }))).toHaveLength(3);
});
