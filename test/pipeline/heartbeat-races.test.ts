import { expect, test } from 'vitest';
import type { DuePulse } from '../../lib/stores/pulses.ts';
import { type HeartbeatRace, heartbeatRace } from './heartbeat-races.ts';

const SEEDS = 300;
const PATIENT = { timeout: 120_000 };

type Tamper = NonNullable<Parameters<typeof heartbeatRace>[1]>;

async function races(seeds: number, tamper?: Tamper): Promise<HeartbeatRace[]> {
  const found: HeartbeatRace[] = [];
  for (let seed = 1; seed <= seeds; seed++) found.push(await heartbeatRace(seed, tamper));
  return found;
}

const wrongIn = (all: readonly HeartbeatRace[]) =>
  all.flatMap(({ wrong }, index) => (wrong.length > 0 ? [{ seed: index + 1, wrong }] : []));

test(
  'however beats, timers and changes meet, each stop is told once and then its end, and none that beat is told',
  PATIENT,
  async () => {
    const all = await races(SEEDS);
    expect(wrongIn(all)).toEqual([]);
    // They did meet: several stops each, and workers that died.
    expect(all.reduce((sum, { stops }) => sum + stops, 0)).toBeGreaterThan(2 * SEEDS);
    expect(all.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(SEEDS);
  },
);

test('a note that does not ask for the beat it saw tells of one that beats', PATIENT, async () => {
  const blind: Tamper = (pulses) => ({
    ...pulses,
    note: async (due, step) => {
      const [seen] = await pulses.due([due.entry]);
      return await pulses.note(seen ?? due, step);
    },
  });
  expect(wrongIn(await races(60, blind)).length).toBeGreaterThan(0);
});

test('a beat of one that is late, and that does not say so, ends nothing', PATIENT, async () => {
  const deaf: Tamper = (pulses) => ({
    ...pulses,
    async beat(tenant, id) {
      const pulse = (await pulses.read(tenant, [id])).get(id);
      return pulse?.state === 'late' ? 'beaten' : await pulses.beat(tenant, id);
    },
  });
  expect(wrongIn(await races(40, deaf)).length).toBeGreaterThan(0);
});

test('an end that takes the beginning for told leaves a stop that never ends', PATIENT, async () => {
  const told = { atMs: 1, repeat: 0 };
  const raised = (due: DuePulse): DuePulse => {
    const { stop } = due.pulse;
    return stop ? { ...due, pulse: { ...due.pulse, stop: { ...stop, told } } } : due;
  };
  const trusting: Tamper = (pulses) => ({
    ...pulses,
    due: async (entries) => (await pulses.due(entries)).map(raised),
  });
  expect(wrongIn(await races(100, trusting)).length).toBeGreaterThan(0);
});
