import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { secretsPath } from './permissions.ts';

const ACCOUNT = '<AWS::AccountId>';

/**
 * Findings of cdk-nag that are decisions, each with its reason. Everything else must be solved; a wildcard is
 * acknowledged for one resource, so a new one is a new finding.
 */
export function acknowledged(name: string): readonly { readonly id: string; readonly reason: string }[] {
  const secrets = `arn:<AWS::Partition>:ssm:<AWS::Region>:${ACCOUNT}:parameter${secretsPath(name)}*`;
  const mail = `arn:<AWS::Partition>:ses:*:${ACCOUNT}:`;
  return [
    {
      id: 'AwsSolutions::AwsSolutions-APIG4',
      reason:
        'The functions authenticate: API keys need a lookup by tenant, inbound webhooks sign their raw body.',
    },
    {
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${secrets}]`,
      reason:
        'Names of secrets are chosen by destinations at run time; the path belongs to this stack alone.',
    },
    {
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${mail}identity/*]`,
      reason: 'The sending identity and its region are settings of a destination; only sending is allowed.',
    },
    {
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${mail}configuration-set/*]`,
      reason: 'The configuration set belongs to the sending identity, which is a setting of a destination.',
    },
    {
      id: 'Serverless::Serverless-SQSRedrivePolicy',
      reason: 'Fires on dead-letter queues; every other queue has one.',
    },
    {
      id: 'Serverless::Serverless-LambdaDLQ',
      reason:
        'No function is invoked asynchronously but the timers, whose next minute does what a lost one left.',
    },
    {
      id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
      reason: 'Destinations on failure are for streams; a queue has its dead-letter queue.',
    },
    {
      id: 'Serverless::Serverless-SNSRedrivePolicy',
      reason:
        'A mail that cannot be delivered leaves nobody to read a dead-letter queue; the alarm itself stays red.',
    },
    {
      id: 'Serverless::Serverless-LambdaTracing',
      reason:
        'The path of an event is in the ledger and in wide log lines; X-Ray costs more than the delivery.',
    },
  ];
}

/** Acknowledges these findings for everything below a construct. */
export function acknowledge(scope: IConstruct, name: string): void {
  for (const finding of acknowledged(name)) Validations.of(scope).acknowledge({ ...finding });
}
