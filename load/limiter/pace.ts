import type { Sent, World } from './world.ts';

const SECOND = 1_000;

export type Timed = Pick<Sent, 'atMs'>;

/** Most sends in any second, and the share of a limit per second used from the first send to the last. */
export function paceOf(sent: readonly Timed[], limit: number) {
  const times = sent.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  let busiest = 0;
  for (let from = 0, to = 0; from < times.length; from++) {
    while (to < times.length && times[to]! < times[from]! + SECOND) to++;
    busiest = Math.max(busiest, to - from);
  }
  const seconds = (times.at(-1)! - times[0]!) / SECOND;
  return { busiest, use: (times.length - 1) / seconds / limit };
}

/** What it cost, in writes of the limits table and receives. */
export function costOf({ sent, counts }: World) {
  const { bookings, lines, denials, receives, wasted } = counts();
  return {
    writesPerSend: bookings / sent.length,
    writesPerDenial: denials > 0 ? lines / denials : 0,
    receives: receives / sent.length,
    wasted,
  };
}
