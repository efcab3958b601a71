import { setTimeout as sleep } from 'node:timers/promises';
import { fetchJson } from '../../cdk/cli/fetch-json.ts';
import { send } from '../../cdk/cli/send.ts';
import { processTerminal } from '../../cdk/cli/terminal.ts';
import type { LocalStack } from '../../cdk/local/local-stack.ts';
import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import type { InboxEntry } from '../../cdk/local/twin/inbox-view.ts';
import { type Count, type Side, countOf } from './count.ts';
import { WEBHOOKS } from './naive-env.ts';
import { NAIVE_KEY, NAIVE_PATH } from './naive-stack.ts';
import type { World } from './world.ts';

/** How events are posted; each goes to three webhooks. */
export const PROFILES = {
  single: { events: 300, batch: 1, topic: 'fanfare.send' },
  batch: { events: 1_000, batch: 10, topic: 'fanfare.send' },
  burst: { events: 1_000, batch: 100, topic: 'fanfare.send' },
} as const;

export type ProfileName = keyof typeof PROFILES;

export interface Profile {
  readonly events: number;
  /** Events in a post. */
  readonly batch: number;
  readonly topic: string;
}

/**
 * The naive stack puts the alerts of a post into its queue one after the other, after two calls for each: a hundred
 * of them run into the 30 s of the API where the machine has other things to do.
 */
const NAIVE_BATCH = 10;
const POSTS_AT_ONCE = 4;
const GIVE_UP_MS = 90_000;
const POLL_MS = 100;
/** Records of completion and deletes follow the last arrival. */
const SETTLE_MS = 1_000;

const SILENT = { say: () => undefined, progress: () => undefined };

/** Counts what Fanfare uses for a run. Throws when anything did not arrive. */
export async function runFanfare(profile: Profile, world: Pick<World, 'local' | 'cwd'>): Promise<Count> {
  const { local, cwd } = world;
  const { events, batch, topic } = profile;
  const terminal = { ...processTerminal(), cwd, ...SILENT };
  const before = await sentBytes(local);
  const args = ['--count', String(events), '--batch', String(batch), '--topic', topic];
  // It begins with counters at nothing.
  if ((await send(args, terminal)) !== 0) throw new Error('not everything arrived');
  return await countNow('fanfare', profile, local, before);
}

/** The same for the naive stack, which takes alerts: one with as much in it as the events of the other. */
export async function runNaive(asked: Profile, { local }: Pick<World, 'local'>): Promise<Count> {
  const profile = { ...asked, batch: Math.min(asked.batch, NAIVE_BATCH) };
  const before = await sentBytes(local);
  const arrived = await inboxTotal(local);
  await fetch(local.statsUrl, { method: 'DELETE' });
  const posts = naivePosts(profile);
  await Promise.all(
    Array.from({ length: POSTS_AT_ONCE }, async () => {
      for (let body = posts.shift(); body !== undefined; body = posts.shift()) await postNaive(local, body);
    }),
  );
  await untilArrived(local, arrived + profile.events * WEBHOOKS.length);
  return await countNow('naive', profile, local, before);
}

/** Waits for so many arrivals at the twin, and for what is written down after the last. */
export async function untilArrived(local: LocalStack, total: number): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    const arrived = await inboxTotal(local);
    if (arrived >= total) break;
    if (Date.now() > deadline) throw new Error(`${total - arrived} deliveries did not arrive`);
    await sleep(POLL_MS);
  }
  await sleep(SETTLE_MS);
}

export async function inboxTotal({ twinUrl }: LocalStack): Promise<number> {
  const response = await fetch(`${twinUrl}/inbox.json?last=1`);
  await response.arrayBuffer();
  return Number(response.headers.get('x-inbox-total'));
}

/** Headers and bodies that the twin has received, of one channel or of all. */
export async function sentBytes({ twinUrl }: LocalStack, channel?: string): Promise<number> {
  const inbox = await fetchJson<readonly InboxEntry[]>(`${twinUrl}/inbox.json`);
  return inbox
    .filter((entry) => channel === undefined || entry.channel === channel)
    .reduce((sum, { raw, headers }) => sum + raw.length + JSON.stringify(headers).length, 0);
}

async function countNow(
  side: Side,
  { events, batch }: Profile,
  local: LocalStack,
  bytesBefore: number,
): Promise<Count> {
  const { functions } = await fetchJson<StatsSnapshot>(local.statsUrl);
  return countOf(functions, side, {
    deliveries: events * WEBHOOKS.length,
    posts: Math.ceil(events / batch),
    egressBytes: (await sentBytes(local)) - bytesBefore,
    memoryMb: memoryOf(local),
  });
}

/** Memory of a function by its label, from the template. */
export function memoryOf({ model }: LocalStack): (label: string) => number {
  return (label) => {
    const found = model.functions.find((one) => one.label === label);
    if (found === undefined) throw new Error(`the stack has no function ${label}`);
    return found.memoryMb;
  };
}

let runs = 0;

/** Bodies as Alertmanager posts them, each alert with the title and text of a test event. */
function naivePosts({ events, batch }: Profile): string[] {
  const run = runs++;
  const startsAt = new Date().toISOString();
  const alerts = Array.from({ length: events }, (_, n) => ({
    status: 'firing',
    labels: { alertname: `Event ${n + 1}` },
    annotations: { summary: `Test event f0123456789abcdef${run}x${n}x` },
    startsAt,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    fingerprint: `f0123456789abcdef${run}-${n}`,
  }));
  const envelope = {
    version: '4',
    groupKey: '{}',
    status: 'firing',
    receiver: 'naive',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
  };
  return Array.from({ length: Math.ceil(events / batch) }, (_, at) =>
    JSON.stringify({ ...envelope, alerts: alerts.slice(at * batch, (at + 1) * batch) }),
  );
}

async function postNaive({ apiUrl }: LocalStack, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${NAIVE_KEY}` };
  const response = await fetch(apiUrl + NAIVE_PATH, { method: 'POST', headers, body });
  if (response.status !== 202)
    throw new Error(`the naive stack answered ${response.status}: ${await response.text()}`);
}
