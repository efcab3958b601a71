import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** Exact actions on exact ARNs; a permission of a function is one call, which is one line where it is given. */
function statement(service: string) {
  return (actions: readonly string[], ...resources: readonly string[]): PolicyStatement =>
    new PolicyStatement({
      actions: actions.map((action) => `${service}:${action}`),
      resources: [...resources],
    });
}

export const dynamodb = statement('dynamodb');
export const sqs = statement('sqs');
export const ssm = statement('ssm');
export const ses = statement('ses');
export const logs = statement('logs');
export const lambda = statement('lambda');
export const s3 = statement('s3');

/** What an event source mapping does in the function's name, and what a step does to stretch a message. */
export function consume(...queueArns: readonly string[]): PolicyStatement {
  return sqs(
    ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'],
    ...queueArns,
  );
}

/** How much queues hold. */
export function look(...queueArns: readonly string[]): PolicyStatement {
  return sqs(['GetQueueAttributes'], ...queueArns);
}

/** `SendMessageBatch` is allowed by the action of its single form. */
export function send(...queueArns: readonly string[]): PolicyStatement {
  return sqs(['SendMessage'], ...queueArns);
}
