import * as z from 'zod/mini';

/**
 * Properties of the resources that the local stack runs, with their intrinsic functions resolved. Properties
 * that mean nothing on one machine are not named and fall away.
 */
const text = z.string();
const number = z.coerce.number();
const switchedOn = z.prefault(z.boolean(), true);

const KeySchema = z.array(z.object({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) }));

export const Table = z.object({
  KeySchema,
  GlobalSecondaryIndexes: z.prefault(
    z.array(
      z.object({
        IndexName: text,
        KeySchema,
        Projection: z.object({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: z.prefault(z.array(text), []),
        }),
      }),
    ),
    [],
  ),
  TimeToLiveSpecification: z.optional(z.object({ AttributeName: text, Enabled: switchedOn })),
});

export const Function = z.object({
  Code: z.object({ S3Key: text }),
  Handler: text,
  Role: text,
  Timeout: z.prefault(number, 3),
  MemorySize: z.prefault(number, 128),
  Environment: z.prefault(z.object({ Variables: z.record(text, z.coerce.string()) }), { Variables: {} }),
});

/** As text, which is how the API of SQS takes attributes. */
const attribute = z.optional(
  z.pipe(
    z.unknown(),
    z.transform((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
  ),
);

export const Queue = z.object({
  ContentBasedDeduplication: attribute,
  DelaySeconds: attribute,
  FifoQueue: attribute,
  MaximumMessageSize: attribute,
  MessageRetentionPeriod: attribute,
  ReceiveMessageWaitTimeSeconds: attribute,
  RedrivePolicy: attribute,
  VisibilityTimeout: attribute,
});

export const Mapping = z.object({
  EventSourceArn: text,
  FunctionName: text,
  Enabled: switchedOn,
  BatchSize: z.prefault(number, 10),
  FunctionResponseTypes: z.prefault(z.array(text), []),
  ScalingConfig: z.prefault(z.object({ MaximumConcurrency: z.prefault(number, 1_000) }), {
    MaximumConcurrency: 1_000,
  }),
});

export const Route = z.object({ ApiId: text, RouteKey: text, Target: text });
export const Integration = z.object({ IntegrationUri: text });

export const Permission = z.object({ FunctionName: text, Principal: text, SourceArn: z.optional(text) });

export const Schedule = z.object({
  ScheduleExpression: text,
  State: z.prefault(z.enum(['ENABLED', 'DISABLED']), 'ENABLED'),
  Target: z.object({ Arn: text, Input: z.prefault(text, '{}') }),
});

const oneOrMany = z.pipe(
  z.union([text, z.array(text)]),
  z.transform((value) => [value].flat()),
);

/** Strict: a condition that is not checked would allow too much. */
const Document = z.object({
  Statement: z.pipe(
    z.unknown(),
    z.pipe(
      z.transform((value) => [value].flat()),
      z.array(
        z.strictObject({
          Sid: z.optional(text),
          Effect: z.enum(['Allow', 'Deny']),
          Action: oneOrMany,
          Resource: oneOrMany,
        }),
      ),
    ),
  ),
});

export const Role = z.object({
  Policies: z.prefault(z.array(z.object({ PolicyDocument: Document })), []),
  ManagedPolicyArns: z.optional(z.never('managed policies cannot be checked here')),
});

export const Policy = z.object({ Roles: z.prefault(z.array(text), []), PolicyDocument: Document });
