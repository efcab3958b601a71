import type { Arrivals } from './arrivals.ts';
import type { Maker } from './events.ts';
import type { Clock } from './open-loop.ts';
import type { Sample } from './result.ts';
import type { Tally } from './tally.ts';
import type { LocalTarget } from './target.ts';

/** What a run knows of itself while it goes on. */
export interface Seen {
  readonly startMs: number;
  readonly tally: Tally;
  /** Absent where no twin tells. */
  readonly arrivals: Arrivals | undefined;
  readonly maker: Maker;
  readonly perEvent: number;
}

const EVERY_MS = 1_000;

/** Deliveries of accepted events that have not arrived. A post that nobody answered may have been accepted, too. */
export function openOf({ maker, perEvent, arrivals }: Seen): number {
  return maker.posted.reduce(
    (open, { accepted }, n) => open + (accepted ? Math.max(0, perEvent - (arrivals?.of(n) ?? 0)) : 0),
    0,
  );
}

/** Deliveries that what was accepted so far leads to. */
export function wantedOf({ maker, perEvent }: Pick<Seen, 'maker' | 'perEvent'>): number {
  return maker.posted.filter(({ accepted }) => accepted).length * perEvent;
}

/** Looks at the stack once a second, and says how far the run is. */
export function watch(
  seen: Seen,
  local: LocalTarget | undefined,
  samples: Sample[],
  { clock, progress, seconds }: { clock: Clock; progress: (line: string) => void; seconds: number },
): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    const second = Math.round((clock.now() - seen.startMs) / 100) / 10;
    const probe = await local?.probe();
    await seen.arrivals?.look();
    if (probe && second >= 0) samples.push({ second, ...probe, arrived: seen.arrivals?.arrived() ?? 0 });
    progress(lineOf(seen, { second, seconds }, samples.at(-1)));
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look();
      await clock.sleep(EVERY_MS, stopping.signal);
    }
    await look();
  };
  const looping = loop();
  // Whoever stops hears of it.
  looping.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await looping;
    },
  };
}

function lineOf(seen: Seen, at: { second: number; seconds: number }, sample: Sample | undefined): string {
  const { sent, refused, failed, timedOut, latency } = seen.tally.all();
  const phase =
    at.second < at.seconds ? `load ${at.second.toFixed(0)} of ${at.seconds.toFixed(0)} s` : 'drain';
  return [
    phase,
    `${sent} answered`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    `${failed + timedOut} failed`,
    ...(latency ? [`p95 ${latency.p95.toFixed(0)} ms`] : []),
    ...(seen.arrivals ? [`${seen.arrivals.arrived()} of ${wantedOf(seen)} arrived`] : []),
    ...(sample ? [`${sample.ready + sample.delayed + sample.inFlight} in queues`] : []),
  ].join(' · ');
}
