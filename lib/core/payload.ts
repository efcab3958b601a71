/** The channels whose `payload` is `event`. The fan-out needs to know no more of channels, and does without their code. */
const EVENT_CHANNELS: ReadonlySet<string> = new Set(['pagerduty', 'webhook']);

/** Whether the notifications of a channel carry the whole data of their event. */
export function payloadOf(channel: string): 'text' | 'event' {
  return EVENT_CHANNELS.has(channel) ? 'event' : 'text';
}
