import { type Environment, type InvocationResult, startEnvironment } from './environment.ts';
import type { FunctionSpec } from './stack-model.ts';
import type { Stats } from './stats.ts';

/** A function with as many execution environments as its load asks for, up to a cap. */
export interface LocalFunction {
  /** Waits for a free environment if need be, at most `waitMs` where that is given. Never rejects. */
  readonly invoke: (event: unknown, waitMs?: number) => Promise<InvocationResult>;
  /** Waits for what runs, then ends the environments. */
  readonly stop: () => Promise<void>;
  /** Ends the environments at once; what runs fails. */
  readonly kill: () => Promise<void>;
}

export interface LocalFunctionOptions {
  readonly spec: FunctionSpec;
  readonly env: Readonly<Record<string, string>>;
  readonly isolate: boolean;
  readonly preload?: URL | undefined;
  /** Most invocations at a time. */
  readonly cap: number;
  readonly stats: Stats;
  /** A line the function wrote. */
  readonly onLine: (line: string) => void;
  /** An invocation that did not return. */
  readonly onFailure: (text: string) => void;
}

export function createLocalFunction(options: LocalFunctionOptions): LocalFunction {
  const { spec, cap, stats, onFailure } = options;
  const idle: Environment[] = [];
  const all = new Set<Environment>();
  const running = new Set<Promise<unknown>>();
  const waiting = new Set<(isMine: boolean) => void>();
  let busy = 0;

  const onLine = (line: string): void => {
    stats.of(spec.label).logBytes += Buffer.byteLength(line) + 1;
    options.onLine(line);
  };

  const take = (): Environment => {
    const warm = idle.pop();
    if (warm?.alive()) return warm;
    if (warm) all.delete(warm);
    const started = startEnvironment({ ...options, onLine });
    all.add(started);
    return started;
  };

  /** First come, first served; whether a turn came in time. */
  const turn = async (waitMs?: number): Promise<boolean> => {
    if (busy < cap) {
      busy++;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    waiting.add(resolve);
    if (waitMs === undefined) return promise;
    const giveUp = (): void => {
      if (waiting.delete(resolve)) resolve(false);
    };
    const timer = setTimeout(giveUp, waitMs);
    return promise.finally(() => clearTimeout(timer));
  };

  const pass = (): void => {
    const [next] = waiting;
    if (!next) return void busy--;
    waiting.delete(next);
    next(true);
  };

  const run = async (event: unknown, waitMs?: number): Promise<InvocationResult> => {
    if (!(await turn(waitMs))) return { kind: 'throttled' };
    const environment = take();
    try {
      const counts = stats.of(spec.label);
      counts.invocations++;
      const startedAt = performance.now();
      const result = await environment.invoke(event);
      counts.billedMs += Math.ceil(performance.now() - startedAt);
      if (result.kind === 'failed') {
        counts.errors++;
        onFailure(`${result.error.name}: ${result.error.message}\n${result.error.stack}`);
      } else if (result.kind === 'timedOut') {
        counts.timeouts++;
        onFailure(`Task timed out after ${(spec.timeoutMs / 1000).toFixed(2)} seconds`);
      }
      return result;
    } finally {
      if (environment.alive()) idle.push(environment);
      else all.delete(environment);
      pass();
    }
  };

  const kill = async (): Promise<void> => {
    await Promise.all([...all].map((environment) => environment.stop()));
  };
  return {
    invoke(event, waitMs) {
      const invocation = run(event, waitMs);
      running.add(invocation);
      void invocation.finally(() => running.delete(invocation));
      return invocation;
    },
    async stop() {
      while (running.size > 0) await Promise.all(running);
      await kill();
    },
    kill,
  };
}
