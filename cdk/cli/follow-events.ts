import { setTimeout as sleep } from 'node:timers/promises';
import type { EventView } from '../../lib/core/views.ts';
import type { ApiClient } from './api-client.ts';
import type { Terminal } from './terminal.ts';

const POLL_MS = 250;
const GIVE_UP_MS = 90_000;
const AT_ONCE = 50;

const TERMINAL_STATES = new Set(['delivered', 'dead', 'discarded']);

/** Follows events by the API alone and prints what became of each delivery: 0 when all were delivered. */
export async function followEvents(
  call: ApiClient,
  ids: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const open = new Set(ids);
  let failed = 0;
  const until = Date.now() + GIVE_UP_MS;
  while (open.size > 0 && Date.now() < until) {
    for (const id of [...open].slice(0, AT_ONCE)) {
      const answer = await call<EventView>('GET', `/v1/events/${id}`);
      if (answer.status !== 200) continue;
      const { noRoute, deliveries } = answer.body;
      if (
        !noRoute &&
        (deliveries.length === 0 || deliveries.some(({ state }) => !TERMINAL_STATES.has(state)))
      )
        continue;
      open.delete(id);
      if (noRoute) terminal.say(`${id}  no route wanted it`);
      for (const { destination, state, reason } of deliveries) {
        if (state !== 'delivered') failed += 1;
        if (ids.length <= 20 || state !== 'delivered') {
          terminal.say(`${id}  ${destination}  ${state}${reason ? ` (${reason})` : ''}`);
        }
      }
    }
    terminal.progress(`${ids.length - open.size} of ${ids.length} events are done`);
    if (open.size > 0) await sleep(POLL_MS);
  }
  terminal.progress('');
  for (const id of [...open].slice(0, 20)) terminal.complain(`${id}  is still on its way`);
  return open.size + failed > 0 ? 1 : 0;
}
