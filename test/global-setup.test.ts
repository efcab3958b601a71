import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { expect, test } from 'vitest';

test('temporary files of tests lie in the one folder that goes with them', () => {
  expect(basename(tmpdir())).toMatch(/^fanfare-tests-\w{6}$/);
});
