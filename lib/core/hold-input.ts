import * as z from 'zod/mini';
import type { GatherRule, GroupRule, QuietHours } from './catalog.ts';
import { eventPath } from './event-path.ts';
import { GROUP_DEFAULTS } from './hold.ts';
import { SEVERITIES } from './severity.ts';
import { checkHours, daysInput, endOfHours, timeOfDay, zoneInput, zoneName } from './window-input.ts';
import { compileClosing } from './window.ts';

/** What people may write of grouping, digests and quiet hours. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MAX_WAIT_MS = 15 * MINUTE_MS;
const MAX_INTERVAL_MS = DAY_MS;
const MAX_REPEAT_MS = 7 * DAY_MS;
const MAX_EVERY_MS = 7 * DAY_MS;
const MAX_PATHS = 10;
const MAX_COUNT = 1_000;

const by = z
  .array(eventPath)
  .check(z.maxLength(MAX_PATHS), z.describe('What is different under one of these paths is told apart.'));

function span(least: number, most: number, about: string) {
  return z
    .int(`write a whole number of milliseconds, ${least} to ${most}`)
    .check(z.gte(least), z.lte(most), z.describe(about));
}

export const groupInput = z
  .strictObject({
    by,
    waitMs: z.exactOptional(span(0, MAX_WAIT_MS, 'From the first alert until the group is told; 30000.')),
    intervalMs: z.exactOptional(span(MINUTE_MS, MAX_INTERVAL_MS, 'Until changes are told; 300000.')),
    repeatMs: z.exactOptional(
      span(MINUTE_MS, MAX_REPEAT_MS, 'Until what fires without a change is told again; 14400000.'),
    ),
  })
  .check(checkTimes, z.describe('Alerts that have the same values there are told together.'));

function checkTimes({ value, issues }: z.core.ParsePayload<Partial<GroupRule>>): void {
  const { intervalMs, repeatMs } = { ...GROUP_DEFAULTS, ...value };
  if (repeatMs >= intervalMs) return;
  const message = `repeat no sooner than the interval of ${intervalMs}`;
  issues.push({ code: 'custom', input: value.repeatMs, path: ['repeatMs'], message });
}

export const digestInput = z
  .strictObject({
    by: z.exactOptional(by),
    everyMs: z.exactOptional(span(MINUTE_MS, MAX_EVERY_MS, 'From the first event until it is told.')),
    at: z.exactOptional(
      z
        .strictObject({ time: timeOfDay, days: z.exactOptional(daysInput), zone: zoneInput })
        .check(z.describe('They are told when the clocks show this.')),
    ),
    maxCount: z.exactOptional(
      z
        .int(`write a whole number, 2 to ${MAX_COUNT}`)
        .check(z.gte(2), z.lte(MAX_COUNT), z.describe('So many are told before their time.')),
    ),
  })
  .check(
    z.refine(
      ({ everyMs, at }: Partial<GatherRule>) => (everyMs === undefined) !== (at === undefined),
      'write one of everyMs and at',
    ),
    z.describe('Events are gathered and told together.'),
  );

export const quietHoursInput = z
  .strictObject({
    days: z.exactOptional(daysInput),
    from: timeOfDay,
    to: endOfHours,
    zone: zoneName,
    except: z.exactOptional(
      z
        .enum(SEVERITIES, `write one of ${SEVERITIES.join(', ')}`)
        .check(z.describe('What is at least this bad passes; critical.')),
    ),
  })
  .check(
    checkHours,
    checkEnd,
    z.describe('What comes in these hours waits for their end, but for what is urgent.'),
  );

/** Hours that never end would keep back everything for ever. */
function checkEnd({ value, issues }: z.core.ParsePayload<QuietHours>): void {
  if (issues.length > 0 || compileClosing(value)(0) !== undefined) return;
  issues.push({ code: 'custom', input: value, path: ['to'], message: 'leave an hour that is not quiet' });
}
