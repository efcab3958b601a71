import type { Reply } from '../core/outcome.ts';
import type { Sampling } from '../core/sampling.ts';
import type { Clock } from './clock.ts';
import type { StoredObject } from './put-object.ts';
import type { WatchRun } from './sampled.ts';
import type { InvocationTelemetry } from './telemetry.ts';

export interface WatchDeps {
  readonly sampling: Sampling;
  /** Begins to profile; what it gives ends that and answers the profile. */
  readonly start: () => Promise<() => Promise<object>>;
  /** Names the code that runs, so that nobody reads its profile with the names of other code. */
  readonly codeId: () => Promise<string>;
  readonly put: (object: StoredObject, timeoutMs: number) => Promise<Reply>;
  readonly log: InvocationTelemetry['log'];
  readonly now: Clock;
}

/** So long an answer waits for its profile to be kept: to S3 in the same region it takes some 50 ms. */
const KEEP_MS = 2_000;
/** What must be left of the time of a run, for its answer. */
const RESERVE_MS = 500;

/**
 * Profiles a run, and keeps what was found before the run answers: Lambda then freezes the environment, and what is not
 * sent by then would be sent in the middle of a later run. What fails here is logged, and the run goes on.
 */
export function createWatch({ sampling, start, codeId, put, log, now }: WatchDeps): WatchRun {
  return async (context) => {
    const requestId = context.awsRequestId;
    const warn = (error: unknown): void =>
      log('warn', 'profile was not kept', { requestId, error: asError(error) });
    const keep = async (profile: object): Promise<void> => {
      const { bucket, label, bundle } = sampling;
      const body = JSON.stringify({ ...profile, fanfare: { label, bundle, code: await codeId() } });
      const timeoutMs = Math.min(KEEP_MS, context.getRemainingTimeInMillis() - RESERVE_MS);
      if (timeoutMs <= 0) throw new Error('no time is left to send it');
      const key = `${label}/${keyPart(new Date(now()).toISOString())}-${keyPart(requestId)}.cpuprofile`;
      const reply = await put({ bucket, key, body }, timeoutMs);
      if (reply.kind === 'failure') throw new Error(reply.detail);
      if (reply.status !== 200) throw new Error(`S3 answers ${reply.status} ${codeIn(reply.body)}`);
      log('info', 'profile kept', { requestId, detail: key });
    };
    try {
      const stop = await start();
      return () => stop().then(keep).catch(warn);
    } catch (error) {
      warn(error);
      return async () => undefined;
    }
  };
}

function keyPart(text: string): string {
  return text.replaceAll(/[^\w-]/g, '-');
}

/** The rest of what S3 says of a refusal shows what was signed. */
function codeIn(body: string): string {
  return /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? '';
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
