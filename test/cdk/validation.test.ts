import { readFileSync } from 'node:fs';
import { Duration, type Stack, Validations } from 'aws-cdk-lib';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { acknowledged } from '../../cdk/acknowledged.ts';
import { VARIANTS, fanfare } from './synthesise.ts';

/** cdk-nag reads every resource many times over. */
const SLOW = { timeout: 60_000 };

describe('the synthesis that is deployed', SLOW, () => {
  beforeEach(() => void vi.stubEnv('CDK_VALIDATION', 'true'));
  afterEach(() => void vi.unstubAllEnvs());

  test.each(Object.entries(VARIANTS))(
    '%s has no finding that is neither solved nor acknowledged',
    (_, settings) => {
      expect(() => checked(settings).app.synth()).not.toThrow();
    },
  );

  test('fails on a finding of cdk-nag', () => {
    const { app, stack } = checked();
    plainQueue(stack);
    expect(() => app.synth()).toThrow('AwsSolutions-SQS4');
  });

  test('fails on a template that CloudFormation would refuse', () => {
    const { app, stack } = fanfare();
    plainQueue(stack, Duration.days(2));
    expect(() => app.synth()).toThrow('greater than the maximum');
  });
});

test('at most eight rules are acknowledged, each with a reason', () => {
  const findings = acknowledged('Fanfare');
  const rules = new Set(findings.map(({ id }) => id.split('[')[0]));
  expect(rules.size).toBeLessThanOrEqual(8);
  for (const { reason } of findings) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
});

test('the CDK command line is version 2: 3.0.0 is an accident that cannot read what the library writes', () => {
  const { version } = JSON.parse(readFileSync('node_modules/aws-cdk/package.json', 'utf8')) as {
    version: string;
  };
  expect(version).toMatch(/^2\./);
});

function checked(settings?: Readonly<Record<string, unknown>>) {
  const made = fanfare(settings);
  Validations.of(made.app).addPlugins(new AwsSolutionsChecks(made.app), new ServerlessChecks(made.app));
  return made;
}

function plainQueue(stack: Stack, visibility?: Duration): CfnQueue {
  return new CfnQueue(stack, 'Plain', visibility && { visibilityTimeout: visibility.toSeconds() });
}
