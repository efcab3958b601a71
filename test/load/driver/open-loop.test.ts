import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { listen } from '../../../cdk/local/ports.ts';
import { createClient } from '../../../load/driver/client.ts';
import { realClock } from '../../../load/driver/clock.ts';
import { createTimes } from '../../../load/driver/histogram.ts';
import { type Clock, openLoop } from '../../../load/driver/open-loop.ts';
import { plan, scaled, sizeOfStages } from '../../../load/driver/stages.ts';

const never = new AbortController().signal;

/** Time that passes only while somebody sleeps, or all stand still. */
function virtualClock(): Clock & { readonly standStill: (ms: number) => void } {
  let ms = 0;
  return {
    now: () => ms,
    sleep: async (by) => void (ms += by),
    standStill: (by) => void (ms += by),
  };
}

describe('the open loop', () => {
  test('sends each request at its time, whether or not the ones before it are answered', async () => {
    const clock = virtualClock();
    const fired: number[] = [];
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const shots = [0, 10, 20, 30].map((atMs) => ({ atMs }));
    const done = openLoop(
      shots,
      async (_, meantMs) => {
        fired.push(meantMs);
        if (fired.length === 4) answer();
        await answered;
      },
      { clock, signal: never, startMs: 100 },
    );
    await done;
    expect(fired).toEqual([100, 110, 120, 130]);
  });

  test('counts the waiting of all that was meant to be sent while the driver itself stood still', async () => {
    const clock = virtualClock();
    const times = createTimes();
    await openLoop(
      plan([{ rate: 100, seconds: 1 }], 1),
      async (shot, meantMs) => {
        // The whole process stands still for half a second, at the tenth request.
        if (Math.round(shot.atMs) === 100) clock.standStill(500);
        times.record(clock.now() - meantMs);
      },
      { clock, signal: never, startMs: 0 },
    );
    expect(times.count()).toBe(100);
    expect(times.max()).toBe(500);
    // 500 ms of waiting were spread over the fifty that were due meanwhile: half of all, not one of a hundred.
    expect(times.percentile(75)).toBeGreaterThan(200);
  });

  test('counts the waiting of all that came while a server stood still', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let waiting = 0;
    const server = createServer((incoming, outgoing) => {
      incoming.resume();
      if (++waiting === 20) release();
      void released.then(() => outgoing.end('ok'));
    });
    const url = `http://127.0.0.1:${await listen(server, 0)}`;
    const { call, close } = createClient({ url, key: 'k', now: realClock.now });
    const waits: number[] = [];
    await openLoop(
      plan([{ rate: 100, seconds: 0.2 }], 1),
      async (_, meantMs) => {
        await call('GET', '/');
        waits.push(realClock.now() - meantMs);
      },
      { clock: realClock, signal: never, startMs: realClock.now() },
    );
    close();
    server.close();
    // Nothing was answered before the twentieth came, 190 ms after the first: a closed loop would have sent one.
    expect(waiting).toBe(20);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(189);
    expect(waits.filter((ms) => ms >= 89).length).toBeGreaterThanOrEqual(10);
  });

  test('sends nothing more once it is told to end, and waits for what it has sent', async () => {
    const abort = new AbortController();
    let answered = 0;
    await openLoop(
      plan([{ rate: 10, seconds: 10 }], 1),
      async () => {
        if (answered++ === 2) abort.abort();
      },
      { clock: virtualClock(), signal: abort.signal, startMs: 0 },
    );
    expect(answered).toBe(3);
  });
});

describe('a plan', () => {
  const timesOf = (stages: Parameters<typeof plan>[0], size = 1): number[] =>
    [...plan(stages, size)].map(({ atMs }) => Math.round(atMs));

  test('spreads requests evenly where the rate holds', () => {
    expect(timesOf([{ rate: 4, seconds: 1 }])).toEqual([0, 250, 500, 750]);
    expect(timesOf([{ rate: 400, seconds: 1 }], 100)).toEqual([0, 250, 500, 750]);
  });

  test('closes them up where it rises, and parts them where it falls', () => {
    const up = timesOf([{ rate: 0, to: 10, seconds: 2 }]);
    expect(up).toHaveLength(10);
    expect(up.slice(0, 3)).toEqual([0, 632, 894]);
    expect(up.at(-1)).toBe(1_897);
    const down = timesOf([{ rate: 10, to: 0, seconds: 2 }]);
    expect(down).toHaveLength(10);
    expect(down.at(-1)).toBe(1_368);
  });

  test('goes from stage to stage without a gap, and over one that rests', () => {
    const stages = [
      { rate: 2, seconds: 1 },
      { rate: 0, seconds: 5 },
      { rate: 2, seconds: 1 },
    ];
    expect([...plan(stages, 1)].map(({ atMs, stage }) => [Math.round(atMs), stage])).toEqual([
      [0, 0],
      [500, 0],
      [6_000, 2],
      [6_500, 2],
    ]);
  });

  test('carries over what does not fill a request', () => {
    expect(
      timesOf(
        [
          { rate: 15, seconds: 1 },
          { rate: 5, seconds: 1 },
        ],
        10,
      ),
    ).toEqual([0, 667]);
  });

  test('keeps its shape when it is scaled', () => {
    const stages = [{ name: 'up', rate: 0, to: 100, seconds: 60 }];
    expect(scaled(stages, { rate: 0.1, time: 0.5 })).toEqual([{ name: 'up', rate: 0, to: 10, seconds: 30 }]);
    expect(sizeOfStages(stages)).toEqual({ peakPerSecond: 100, seconds: 60, total: 3_000 });
  });
});
