import { randomUUID } from 'node:crypto';
// oxlint-disable-next-line import/no-named-as-default -- its types know the default export only
import middy, { type Request } from '@middy/core';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  SQSBatchResponse,
} from 'aws-lambda';
import type { QueueRecord } from '../core/message.ts';
import { ProblemError, problem } from '../core/problem.ts';
import { requestIdOf, toRequest, toResult } from './api-event.ts';
import { now } from './clock.ts';
import { partialBatch, type QueueEvent, recordsOf } from './partial-batch.ts';
import { answerToError, type Router } from './router.ts';
import { type Trigger, isCounted, takeSpent } from './spending.ts';
import { createTelemetry, type InvocationTelemetry } from './telemetry.ts';

/** One run of a function. */
export interface Invocation {
  /** In every log line of the run. */
  readonly requestId: string;
  /** Epoch ms at which Lambda kills the run. */
  readonly deadlineMs: number;
}

/** Works through the records of a batch; answers the message ids that must come again. Throws only when broken. */
export type QueueStep = (
  records: readonly QueueRecord[],
  invocation: Invocation,
) => Promise<readonly string[]>;

export type ScheduleStep = (invocation: Invocation) => Promise<void>;

export interface HandleDeps {
  /** The one that the step reports through; flushed at the end of every run. */
  readonly telemetry?: InvocationTelemetry;
}

/** What Lambda calls. Node 24 refuses handlers with three parameters. */
export type Handler<E, R> = (event: E, context: Context) => Promise<R>;

/** Ends a request before Lambda kills it, so that the caller gets an answer it can act on. */
const ANSWER_EARLY_MS = 500;
/** Without a Lambda context (a test) a run may take as long as the longest function. */
const NO_DEADLINE_MS = 60_000;

/** HTTP API -> router. Every answer has a request id; what is thrown becomes a problem document. */
export function handleHttp(
  route: Router,
  { telemetry = createTelemetry() }: HandleDeps = {},
): Handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  const requestIds = new WeakMap<object, string>();
  const idOf = ({ event, context }: Pick<AnyRequest, 'event' | 'context'>): string =>
    requestIds.get(event) ?? ownId(context);
  const report = (requestId: string) => (error: unknown) =>
    telemetry.log('error', 'request failed', { requestId, error: asError(error) });

  const { begin, end } = runsOf(telemetry, 'http');
  const chain = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    timeoutEarlyInMillis: ANSWER_EARLY_MS,
    requestEnd: end,
  })
    .before(({ event, context }) => {
      const requestId = requestIdOf(event, ownId(context));
      requestIds.set(event, requestId);
      begin(requestId);
    })
    .onError((request) => {
      const requestId = idOf(request);
      request.response = toResult(
        answerToError(unavailableIfLate(request.error), requestId, report(requestId)),
      );
    })
    .handler(async (event: APIGatewayProxyEventV2, context: Context) => {
      const requestId = idOf({ event, context });
      return toResult(await route(toRequest(event, requestId), report(requestId)));
    });
  return (event, context) => chain(event, context);
}

/**
 * SQS -> step -> partial batch response. A step that throws fails the whole batch, which comes again after its
 * visibility time-out and shows in Lambda's error metric: that is for broken infrastructure only.
 */
export function handleQueue(
  step: QueueStep,
  { telemetry = createTelemetry() }: HandleDeps = {},
): Handler<QueueEvent, SQSBatchResponse> {
  const chain = middy<QueueEvent, SQSBatchResponse>(lifecycle(telemetry, 'queue'))
    .onError(({ error }) => telemetry.log('error', 'batch failed', { error: asError(error) }))
    .handler(async (event: QueueEvent, context: Context) => {
      const records = recordsOf(event, telemetry);
      const failed = records.length === 0 ? [] : await step(records, invocationOf(context));
      return partialBatch(records, failed, telemetry);
    });
  return (event, context) => chain(event ?? {}, context);
}

/** Scheduler -> step. A step that throws shows in Lambda's error metric and is tried again. */
export function handleSchedule(
  step: ScheduleStep,
  { telemetry = createTelemetry() }: HandleDeps = {},
): Handler<unknown, void> {
  const chain = middy<unknown, void>(lifecycle(telemetry, 'schedule'))
    .onError(({ error }) => telemetry.log('error', 'run failed', { error: asError(error) }))
    .handler(async (_: unknown, context: Context) => step(invocationOf(context)));
  return (event, context) => chain(event, context);
}

type AnyRequest = Request<object>;

/**
 * No early time-out: a run that middy gives up goes on in the background of the next one, a run that Lambda
 * kills does not. Steps watch their deadline themselves.
 */
function lifecycle(telemetry: InvocationTelemetry, trigger: Trigger) {
  const { begin, end } = runsOf(telemetry, trigger);
  return {
    timeoutEarlyInMillis: 0,
    requestStart: ({ context }: Request) => begin(ownId(context)),
    requestEnd: end,
  };
}

/** Begins and ends runs; the last that is told of one is what it cost. */
function runsOf(telemetry: InvocationTelemetry, trigger: Trigger) {
  const counted = isCounted();
  let beganMs = now();
  return {
    begin: (requestId: string): void => {
      beganMs = now();
      telemetry.begin(requestId);
    },
    end: ({ context }: Partial<Request>): void => {
      const memoryMb = Number(context?.memoryLimitInMB ?? 0);
      if (counted) telemetry.add('SpentMicroDollars', takeSpent(trigger, now() - beganMs, memoryMb));
      telemetry.flush();
    },
  };
}

function invocationOf(context: Context | undefined): Invocation {
  return {
    requestId: ownId(context),
    deadlineMs: now() + (context?.getRemainingTimeInMillis?.() ?? NO_DEADLINE_MS),
  };
}

function ownId(context: Context | undefined): string {
  return context?.awsRequestId ?? randomUUID();
}

function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new Error('something that is not an error was thrown', { cause: error });
}

function unavailableIfLate(error: unknown): unknown {
  const late = error instanceof Error && error.name === 'TimeoutError';
  return late ? new ProblemError(problem('unavailable'), { 'retry-after': '1' }) : error;
}
