import * as z from 'zod/mini';
import { DAYS, checkWindow } from './window.ts';

const HOUR = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const from = z
  .string('write a time of day such as 22:00')
  .check(z.regex(new RegExp(`^${HOUR}$`), 'write a time of day, 00:00 to 23:59'));
const to = z
  .string('write a time of day such as 06:00')
  .check(z.regex(new RegExp(`^(?:${HOUR}|24:00)$`), 'write a time of day, 00:00 to 24:00'));

/** Days of a week and hours of a day as people write them. */
export const windowInput = z
  .strictObject({
    days: z.exactOptional(
      z.array(z.enum(DAYS, `write some of ${DAYS.join(', ')}`)).check(z.minLength(1), z.maxLength(7)),
    ),
    from: z.exactOptional(from),
    to: z.exactOptional(to),
    zone: z.string('write the name of a time zone, such as Europe/Berlin'),
  })
  .check((context) => {
    for (const [member, message] of Object.entries(checkWindow(context.value)))
      context.issues.push({ code: 'custom', input: context.value, path: [member], message });
  });
