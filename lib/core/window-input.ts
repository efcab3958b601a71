import * as z from 'zod/mini';
import { DAYS, isZone } from './wall-clock.ts';
import { type Window, checkWindow } from './window.ts';

const HOUR = '(?:[01]\\d|2[0-3]):[0-5]\\d';
export const timeOfDay = z
  .string('write a time of day such as 22:00')
  .check(z.regex(new RegExp(`^${HOUR}$`), 'write a time of day, 00:00 to 23:59'));
export const endOfHours = z
  .string('write a time of day such as 06:00')
  .check(z.regex(new RegExp(`^(?:${HOUR}|24:00)$`), 'write a time of day, 00:00 to 24:00'));

export const daysInput = z
  .array(z.enum(DAYS, `write some of ${DAYS.join(', ')}`))
  .check(z.minLength(1), z.maxLength(7));

const ZONE = 'write the name of a time zone, such as Europe/Berlin';
/** Checked with its hours. */
export const zoneName = z.string(ZONE);
export const zoneInput = zoneName.check(z.refine(isZone, ZONE));

/** Days of a week and hours of a day as people write them. */
export const windowInput = z
  .strictObject({
    days: z.exactOptional(daysInput),
    from: z.exactOptional(timeOfDay),
    to: z.exactOptional(endOfHours),
    zone: zoneName,
  })
  .check(checkHours);

/** Says what is wrong with hours whose members are right, each for itself. */
export function checkHours({ value, issues }: z.core.ParsePayload<Window>): void {
  for (const [member, message] of Object.entries(checkWindow(value)))
    issues.push({ code: 'custom', input: value, path: [member], message });
}
