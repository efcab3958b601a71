import { type View, SILENT_VIEW } from '../../cdk/local/console-view.ts';
import type { EngineAddresses } from '../../cdk/local/engines.ts';
import { startLocalStack } from '../../cdk/local/local-stack.ts';
import { type Emitted, countLine, nothingEmitted } from './emitted.ts';

/** The stack under load, in a process of its own over engines in another: started by `local-target.ts`. */
export interface StackRequest {
  readonly dir: string;
  readonly engines: EngineAddresses;
  readonly catalog: string;
  readonly workers: number;
}

export type FromStack =
  | {
      readonly kind: 'ready';
      readonly apiUrl: string;
      readonly apiKey: string;
      readonly statsUrl: string;
      readonly secrets: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'broken'; readonly text: string }
  /** What its functions have written and how they ended, since the start. */
  | { readonly kind: 'emitted'; readonly emitted: Emitted };

const emitted = nothingEmitted();
const tell = (message: FromStack): void => void process.send?.(message);

const view: View = {
  ...SILENT_VIEW,
  line: (_, line) => countLine(emitted, line),
  failed: () => emitted.failed++,
};

process.once('message', ({ workers, ...request }: StackRequest) => {
  void startLocalStack({ ...request, concurrency: workers, memory: true, reuse: true, view }).then(
    ({ apiUrl, apiKey, statsUrl, secrets }) => tell({ kind: 'ready', apiUrl, apiKey, statsUrl, secrets }),
    (error: unknown) =>
      tell({ kind: 'broken', text: error instanceof Error ? error.message : String(error) }),
  );
  process.on('message', () => tell({ kind: 'emitted', emitted }));
});
process.once('disconnect', () => process.exit());
// Ctrl-C in a terminal reaches everybody; whoever started this decides when it ends.
process.on('SIGINT', () => {});
