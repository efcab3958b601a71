import type { InvocationResult } from './environment.ts';
import { type FunctionEnvOptions, functionEnv } from './function-env.ts';
import { type LocalFunction, createLocalFunction } from './local-function.ts';
import { readLogLine } from './log-line.ts';
import type { StackModel } from './stack-model.ts';
import type { Stats } from './stats.ts';
import type { View } from './console-view.ts';

/** The functions of the stack. */
export interface Compute {
  /** By label. Never rejects for a known function. */
  readonly invoke: (label: string, event: unknown, waitMs?: number) => Promise<InvocationResult>;
  /** Most invocations of a function at a time. */
  readonly cap: (label: string) => number;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

export interface ComputeOptions extends FunctionEnvOptions {
  readonly isolate: boolean;
  readonly preload?: URL | undefined;
  /** Cap per function: on one machine more threads than that only wait for each other. */
  readonly concurrency: number;
  readonly stats: Stats;
  readonly view: View;
}

export function createCompute({ functions, mappings }: StackModel, options: ComputeOptions): Compute {
  const { stats, view, concurrency, isolate, preload } = options;
  const cap = (label: string): number => {
    const deployed = mappings.filter(({ target }) => target === label).map((m) => m.maximumConcurrency);
    return Math.min(concurrency, deployed.length === 0 ? Infinity : deployed.reduce((a, b) => a + b));
  };
  const running = new Map<string, LocalFunction>(
    functions.map((spec) => [
      spec.label,
      createLocalFunction({
        spec,
        env: functionEnv(spec, options),
        isolate,
        preload,
        cap: cap(spec.label),
        stats,
        onFailure: (text) => view.failed(spec.label, text),
        onLine(text) {
          const line = readLogLine(text);
          view.line(spec.label, line);
          if (line.kind !== 'metrics') return;
          for (const { name, sum, per } of line.values) stats.addMetric(name, sum, per);
        },
      }),
    ]),
  );
  return {
    cap,
    async invoke(label, event, waitMs) {
      const known = running.get(label);
      if (!known) throw new Error(`no function ${label}; there are ${[...running.keys()].join(', ')}`);
      return known.invoke(event, waitMs);
    },
    stop: async () => void (await Promise.all([...running.values()].map((one) => one.stop()))),
    kill: async () => void (await Promise.all([...running.values()].map((one) => one.kill()))),
  };
}
