import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination, Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import type { DeliveryView } from '../../lib/core/views.ts';
import type { InboxEntry } from '../local/twin/inbox-view.ts';
import { type ApiAnswer, type ApiClient, failureOf } from './api-client.ts';
import { type Arrivals, countArrivals } from './arrivals.ts';
import { fetchJson } from './fetch-json.ts';
import { type Posted, postAll } from './post-events.ts';
import type { SendResult } from './send-report.ts';
import type { LocalStack } from './stack-address.ts';
import { CommandError, type Terminal } from './terminal.ts';

const POLL_MS = 250;
/** Nothing has arrived or ended for this long: what is missing now counts as missing. */
const GIVE_UP_MS = 90_000;
/** The inbox is quiet for this long before the ledger is asked what ended otherwise. */
const QUIET_MS = 3_000;

export interface Run {
  readonly run: string;
  readonly events: readonly Posted[];
  readonly batch: number;
  readonly wait: boolean;
}

type Stats = Required<Pick<SendResult, 'functions'>>;

/** A run on this machine: what arrives is counted at the twin, what it costs by the stack. */
export async function measure(
  call: ApiClient,
  local: LocalStack,
  run: Run,
  terminal: Terminal,
): Promise<SendResult> {
  const perEvent = await expectedDestinations(call, run.events[0]);
  if (perEvent === 0) throw new CommandError('no route wants these events; apply a catalog first');
  const expected = perEvent * run.events.length;
  const startedAt = Date.now();
  if (local.statsUrl) await fetch(local.statsUrl, { method: 'DELETE' });
  const before = await inboxTotal(local);
  const ids = await postAll(call, run.events, run.batch, terminal);
  if (!run.wait) return { events: ids.length, expected, delivered: 0, duplicates: 0, ended: 0, ms: 0 };
  const { arrivals, ended, at } = await untilDone(call, local, { ...run, ids, expected, before }, terminal);
  terminal.progress('');
  const functions = local.statsUrl ? (await fetchJson<Stats>(local.statsUrl)).functions : undefined;
  const { delivered, duplicates } = arrivals;
  return { events: ids.length, expected, delivered, duplicates, ended, ms: at - startedAt, functions };
}

async function untilDone(
  call: ApiClient,
  local: LocalStack,
  { run, ids, expected, before }: Run & { ids: readonly string[]; expected: number; before: number },
  { progress }: Terminal,
): Promise<{ arrivals: Arrivals; ended: number; at: number }> {
  const own = new Set(ids);
  let last = -1;
  let changedAt = Date.now();
  let asked = false;
  for (;;) {
    const total = (await inboxTotal(local)) - before;
    if (total !== last) {
      last = total;
      changedAt = Date.now();
      asked = false;
      progress(`${Math.min(total, expected)} of ${expected} deliveries have arrived`);
    }
    const quietMs = Date.now() - changedAt;
    if (total >= expected || (quietMs > QUIET_MS && !asked) || quietMs > GIVE_UP_MS) {
      const arrivals = countArrivals(run, await readInbox(local));
      const ended = arrivals.delivered < expected ? await countEnded(call, own) : 0;
      // A duplicate follows its original closely.
      const settled = total < expected || quietMs > 4 * POLL_MS;
      if ((settled && arrivals.delivered + ended >= expected) || quietMs > GIVE_UP_MS) {
        return { arrivals, ended, at: changedAt };
      }
      asked = total < expected;
    }
    await sleep(POLL_MS);
  }
}

/** How many destinations the routes lead an event to. */
async function expectedDestinations(call: ApiClient, event: Posted | undefined): Promise<number> {
  const routes = await items<Route>(call, '/v1/routes');
  const destinations = await items<Destination>(call, '/v1/destinations');
  const enabled = new Set(destinations.filter((one) => one.enabled).map(({ id }) => id));
  const example: Event = {
    id: 'x',
    topic: '',
    time: new Date().toISOString(),
    lane: 'normal',
    data: {},
    ...event,
  };
  const ordered = routes.toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
  const wanted = compileRoutes(ordered)(example).flatMap((match) => match.destinations);
  return wanted.filter((id) => enabled.has(id)).length;
}

async function items<T>(call: ApiClient, path: string): Promise<readonly T[]> {
  const answer = await call<{ readonly items: readonly T[] }>('GET', path);
  if (answer.status !== 200) throw failureOf(answer);
  return answer.body.items;
}

interface DeliveryPage {
  readonly items: readonly DeliveryView[];
  readonly cursor?: string;
}

/** Deliveries of these events that ended without being delivered. */
async function countEnded(call: ApiClient, events: ReadonlySet<string>): Promise<number> {
  let ended = 0;
  for (const state of ['dead', 'discarded']) {
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const page = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const path = `/v1/deliveries?state=${state}&limit=1000${page}`;
      const answer: ApiAnswer<DeliveryPage> = await call('GET', path);
      if (answer.status !== 200) throw failureOf(answer);
      ended += answer.body.items.filter(({ event }) => events.has(event)).length;
      cursor = answer.body.cursor;
    }
  }
  return ended;
}

async function inboxTotal({ twinUrl }: LocalStack): Promise<number> {
  const response = await fetch(`${twinUrl}/inbox.json?last=1`);
  await response.arrayBuffer();
  return Number(response.headers.get('x-inbox-total'));
}

function readInbox({ twinUrl }: LocalStack): Promise<readonly InboxEntry[]> {
  return fetchJson(`${twinUrl}/inbox.json?verdict=accepted`);
}
