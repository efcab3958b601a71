import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../../lib/core/event.ts';
import { isObject, objectsIn } from '../../lib/core/is-object.ts';
import { type ApiClient, failureOf } from './api-client.ts';
import { markOf } from './arrivals.ts';
import { CommandError, type Terminal } from './terminal.ts';

const POSTS_AT_ONCE = 4;

export type Posted = Pick<Event, 'id' | 'topic' | 'data'>;

/** Event number `n` of a run, to be found again wherever it arrives. */
export function testEvent(run: string, n: number, topic: string): Posted {
  return {
    id: `${run}-${n}`,
    topic,
    data: { title: `Event ${n + 1}`, text: `Test event ${markOf(run, n)}`, number: n + 1 },
  };
}

/** Posts what somebody wrote; answers the ids of the events it became. */
export async function postGiven(call: ApiClient, path: string, text: string): Promise<string[]> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new CommandError('the event is not valid JSON');
  }
  const answer = await call('POST', path, body);
  if (answer.status !== 202) throw failureOf(answer);
  return idsOf(answer.body);
}

/** Posts in batches, a few at once; the ids of the events let a batch be posted again, and cost no record of their own. */
export async function postAll(
  call: ApiClient,
  events: readonly Posted[],
  batch: number,
  { progress }: Terminal,
): Promise<string[]> {
  const batches: Posted[][] = [];
  for (let i = 0; i < events.length; i += batch) batches.push(events.slice(i, i + batch));
  const ids: string[] = [];
  const workers = Array.from({ length: POSTS_AT_ONCE }, async () => {
    for (let next = batches.shift(); next; next = batches.shift()) {
      const body = next.length === 1 ? next[0] : next;
      let answer = await call('POST', '/v1/events', body);
      for (let attempt = 1; attempt < 5 && (answer.status === 429 || answer.status === 503); attempt++) {
        await sleep(1000 * Number(answer.headers.get('retry-after') ?? 1));
        answer = await call('POST', '/v1/events', body);
      }
      if (answer.status !== 202) throw failureOf(answer);
      ids.push(...idsOf(answer.body));
      progress(`posted ${ids.length} of ${events.length} events`);
    }
  });
  await Promise.all(workers);
  return ids;
}

/** Ids in an answer to one event, to several, or to alerts. */
function idsOf(body: unknown): string[] {
  if (!isObject(body)) return [];
  const items = [body, ...objectsIn(body['results']), ...objectsIn(body['alerts'])];
  return items.map(({ id }) => id).filter((id) => typeof id === 'string');
}
