import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Outcome } from '../../lib/core/outcome.ts';
import { ENV } from '../../lib/platform/env.ts';
import { receiveHttp } from './receivers.ts';

/** Node itself needs about 22. */
const DESCRIPTORS = 40;
const HOSTS = 60;

test('F52: a process that runs out of file descriptors has failed before anything is sent, and goes on', async () => {
  let requests = 0;
  const receivers = await Promise.all(
    Array.from({ length: HOSTS }, () =>
      receiveHttp(async (_, response) => {
        requests++;
        await sleep(500);
        response.end('ok');
      }),
    ),
  );
  const script = join(import.meta.dirname, 'few-descriptors.ts');
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', `ulimit -n ${DESCRIPTORS}; exec "${process.execPath}" "${script}"`],
    { env: { [ENV.localHosts]: receivers.map(({ host }) => host).join(',') } },
  );
  const { atOnce, afterwards } = JSON.parse(stdout) as { atOnce: Outcome[]; afterwards: Outcome };
  const delivered = atOnce.filter(({ kind }) => kind === 'delivered');
  expect(delivered.length).toBeGreaterThan(0);
  // Neither `maybe` nor dead: free to be sent again.
  expect(atOnce.filter(({ kind }) => kind !== 'delivered')).toEqual(
    Array.from({ length: HOSTS - delivered.length }, () => ({ kind: 'retry', reason: 'network' })),
  );
  expect(delivered.length).toBeLessThan(HOSTS);
  expect(afterwards).toEqual({ kind: 'delivered' });
  expect(requests).toBe(delivered.length + 1);
});
