import * as z from 'zod/mini';
import { OWN_LABELS } from './heartbeat-alert.ts';
import { SEVERITIES } from './severity.ts';
import { labelsInput } from './sources/alert-input.ts';

/** The timers look once a minute: what beats more often is told no sooner. */
const MIN_EVERY_MS = 10_000;
const MAX_EVERY_MS = 366 * 86_400_000;
const MAX_GRACE_MS = 7 * 86_400_000;

const span = (from: number, to: number) =>
  z.int(`write a whole number of milliseconds, ${from} to ${to}`).check(z.gte(from), z.lte(to));

const labels = labelsInput.check(checkOwn, z.describe('Labels of its alert, for routes and silences.'));

function checkOwn({ value, issues }: z.core.ParsePayload<Readonly<Record<string, string>>>): void {
  for (const name of OWN_LABELS.filter((own) => Object.hasOwn(value, own)))
    issues.push({
      code: 'custom',
      input: value,
      path: [name],
      message: 'leave it out: this label says which heartbeat it is, and how bad that is',
    });
}

/** A heartbeat as people write it. */
export const heartbeatInput = z.strictObject({
  everyMs: span(MIN_EVERY_MS, MAX_EVERY_MS).check(z.describe('From one beat to the next, at most.')),
  graceMs: z.exactOptional(
    span(0, MAX_GRACE_MS).check(z.describe('So much later it counts as stopped; a minute when absent.')),
  ),
  title: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(200))),
  severity: z.exactOptional(z.enum(SEVERITIES, `write one of ${SEVERITIES.join(', ')}`)),
  labels: z.exactOptional(labels),
});
