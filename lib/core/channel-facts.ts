import type { Rate } from './catalog.ts';

/** What is to be known of a channel where nothing is sent through it. */
export interface ChannelFacts {
  /** `event`: its notifications carry the whole data of their event. */
  readonly payload: 'text' | 'event';
  /** Default rate of a destination; absent: unlimited. */
  readonly rate?: Rate | undefined;
}

/**
 * The channels that differ from text without a limit. The fan-out and the timers need to know no more of channels, and
 * do without their code: 28 KiB that each cold start would read.
 */
export const CHANNEL_FACTS: ReadonlyMap<string, ChannelFacts> = new Map<string, ChannelFacts>([
  ['discord', { payload: 'text', rate: { limit: 5, perMs: 2_000 } }],
  ['pagerduty', { payload: 'event' }],
  ['slack', { payload: 'text', rate: { limit: 1, perMs: 1_000 } }],
  ['webhook', { payload: 'event' }],
]);

/** Whether the notifications of a channel carry the whole data of their event. */
export function payloadOf(channel: string): ChannelFacts['payload'] {
  return CHANNEL_FACTS.get(channel)?.payload ?? 'text';
}
