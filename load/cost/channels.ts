import { setTimeout as sleep } from 'node:timers/promises';
import { createApiClient, failureOf } from '../../cdk/cli/api-client.ts';
import { fetchJson } from '../../cdk/cli/fetch-json.ts';
import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import { registry } from '../../lib/registry.ts';
import { hopOf, usageOfFunction } from './count.ts';
import { inboxTotal, memoryOf, sentBytes, untilArrived } from './run.ts';
import { type ByPart, added, scaled, usage } from './usage.ts';
import { CHANNELS_TOPIC, type World } from './world.ts';

/** One event after the other, slower than the slowest rate, which is 1/s: nothing waits, nothing is packed. */
const EVENTS = 12;
/** Each function of a channel starts once. */
const WARM_UP = 2;
const EVERY_MS = 1_250;

/** What a delivery of each channel uses when it goes alone, and what an event uses before that. */
export interface ChannelUsage {
  /** Of the event: API, ingest, fan-out. */
  readonly event: ByPart;
  readonly byChannel: Readonly<Record<string, ByPart>>;
}

/** Sends events one by one to a destination of each channel; every channel has to have a function of its own. */
export async function runChannels({ local }: World, progress: (text: string) => void): Promise<ChannelUsage> {
  const channels = [...registry.keys()];
  const call = createApiClient(local);
  const post = async (n: number): Promise<void> => {
    const data = { title: `Event ${n + 1}`, text: 'Sent to a destination of each channel.' };
    const answer = await call('POST', '/v1/events', {
      id: `cost-channels-${n}`,
      topic: CHANNELS_TOPIC,
      data,
    });
    if (answer.status !== 202) throw failureOf(answer);
    await sleep(EVERY_MS);
  };
  progress('channels: starting their functions');
  const first = await inboxTotal(local);
  for (let n = 0; n < WARM_UP; n++) await post(n);
  await untilArrived(local, first + WARM_UP * channels.length);

  const before = new Map<string, number>();
  for (const channel of channels) before.set(channel, await sentBytes(local, channel));
  const arrived = await inboxTotal(local);
  await fetch(local.statsUrl, { method: 'DELETE' });
  for (let n = 0; n < EVENTS; n++) {
    progress(`channels: event ${n + 1} of ${EVENTS}`);
    await post(WARM_UP + n);
  }
  await untilArrived(local, arrived + EVENTS * channels.length);

  const { functions } = await fetchJson<StatsSnapshot>(local.statsUrl);
  const memory = memoryOf(local);
  const uses = Object.entries(functions)
    .filter(([, { invocations }]) => invocations > 0)
    .map(([label, stats]) => ({ label, used: usageOfFunction(stats, memory(label)) }));
  const sumOf = (wanted: (label: string) => boolean): ByPart =>
    added(uses.filter(({ label }) => wanted(label)).map(({ used }) => used));
  const byChannel: Record<string, ByPart> = {};
  for (const channel of channels) {
    const egress = (await sentBytes(local, channel)) - before.get(channel)!;
    const label = `Deliver${channel.charAt(0).toUpperCase()}${channel.slice(1)}`;
    byChannel[channel] = scaled(added([sumOf((one) => one === label), usage({ egress })]), 1 / EVENTS);
  }
  return { event: scaled(added([sumOf(isBefore), usage({ http: EVENTS })]), 1 / EVENTS), byChannel };
}

/** Ahead of the functions that deliver. */
function isBefore(label: string): boolean {
  return ['ingest', 'fan-out'].includes(hopOf(label, 'fanfare') ?? '');
}
