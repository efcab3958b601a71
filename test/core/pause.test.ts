import { describe, expect, test } from 'vitest';
import { type Pause, type PauseTarget, isPaused, pauseId, pausedMs } from '../../lib/core/pause.ts';

const OPS = { id: 'ops', channel: 'slack' };
const pause = (target: PauseTarget, at: number, until?: number): Pause => {
  return { id: pauseId(target), target, at, ...(until !== undefined && { until }) };
};
const own = (at: number, until?: number) => pause({ destination: 'ops' }, at, until);

describe('the time for which a destination was paused', () => {
  test.each<[string, Pause[], number]>([
    ['nothing', [], 0],
    ['one that is over', [own(120, 150)], 30],
    ['one that holds', [own(120)], 80],
    ['what lies outside the time asked for', [own(0, 130), own(180, 300)], 50],
    ['what was over before', [own(0, 100)], 0],
    ['two that overlap, once', [own(150), pause({ channel: 'slack' }, 120, 160)], 80],
    ['one within another, once', [own(110, 190), pause({ tenant: true }, 120, 130)], 80],
    ['two apart', [own(180, 190), own(110, 120)], 20],
    ['those of others not at all', [pause({ destination: 'dev' }, 0), pause({ channel: 'email' }, 0)], 0],
  ])('counts %s', (_, pauses, ms) => {
    expect(pausedMs(pauses, OPS, 100, 200)).toBe(ms);
  });

  test('says nothing of now', () => {
    expect(isPaused([own(0, 100)], OPS)).toBe(false);
    expect(isPaused([own(0, 100), own(200)], OPS)).toBe(true);
  });
});
