import { join } from 'node:path';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import type { EngineAddresses } from '../../cdk/local/engines.ts';
import { startLocalStack } from '../../cdk/local/local-stack.ts';
import { FIXTURES } from '../e2e/rig.ts';

/** A stack whose functions are processes, over engines that go on: started by `stack-process.ts`, to be killed. */
export interface StackRequest {
  readonly dir: string;
  readonly engines: EngineAddresses;
}

export type FromStack =
  | { readonly kind: 'ready'; readonly apiUrl: string; readonly apiKey: string; readonly statsUrl: string }
  /** A run of a function did not return. */
  | { readonly kind: 'cutShort' };

const tell = (message: FromStack): void => void process.send?.(message);

process.once('message', ({ dir, engines }: StackRequest) => {
  void startLocalStack({
    dir,
    engines,
    isolate: true,
    reuse: true,
    catalog: join(FIXTURES, 'catalog.load.yaml'),
    view: { ...SILENT_VIEW, failed: () => tell({ kind: 'cutShort' }) },
  }).then(({ apiUrl, apiKey, statsUrl }) => tell({ kind: 'ready', apiUrl, apiKey, statsUrl }));
});
process.once('disconnect', () => process.exit());
// Ctrl-C in a terminal reaches everybody; whoever started this decides when it ends.
process.on('SIGINT', () => {});
