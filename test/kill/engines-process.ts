import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineRequest } from '../../cdk/local/engines-entry.ts';
import type { EngineAddresses } from '../../cdk/local/engines.ts';

const ENTRY = join(import.meta.dirname, '../../cdk/local/engines-entry.ts');

/** Starts queues, tables and twin in a process of their own. */
export async function startEngines(request: EngineRequest): Promise<{
  readonly addresses: EngineAddresses;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}> {
  const child = fork(ENTRY, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  const ended = once(child, 'exit');
  child.send(request);
  const addresses = await Promise.race([
    once(child, 'message').then(([message]) => message as EngineAddresses),
    ended.then(([code]) => Promise.reject(new Error(`the engines ended with ${String(code)}`))),
  ]);
  return {
    addresses,
    pid: child.pid ?? 0,
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
