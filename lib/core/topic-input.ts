import * as z from 'zod/mini';
import type { Topic } from './catalog.ts';
import { LANES } from './event.ts';
import { eventInput } from './event-input.ts';
import { eventPath } from './event-path.ts';
import { MODES } from './mode.ts';
import { topicPatterns } from './name-input.ts';
import { ON_DEAD } from './order.ts';
import { PRIORITIES } from './priority.ts';
import { RETENTION_DAYS } from './retention.ts';
import type { Severity } from './severity.ts';

const MAX_PARTITIONS = 1_000;
const MAX_SAMPLES = 10;
const MIN_SPAN_MS = 1_000;
const MAX_SPAN_MS = 7 * 86_400_000;
/** Time within which something counts. */
export const span = z
  .int(`write a whole number of milliseconds, ${MIN_SPAN_MS} to ${MAX_SPAN_MS}`)
  .check(z.gte(MIN_SPAN_MS), z.lte(MAX_SPAN_MS));

const partitions = z
  .int(`write a whole number, 1 to ${MAX_PARTITIONS}`)
  .check(
    z.gte(1),
    z.lte(MAX_PARTITIONS),
    z.describe('Lines that keys are spread over; no more deliveries at a time for each destination.'),
  );

const { min: MIN_DAYS, max: MAX_DAYS } = RETENTION_DAYS;
const retentionDays = z
  .int(`write a whole number of days, ${MIN_DAYS} to ${MAX_DAYS}`)
  .check(
    z.gte(MIN_DAYS),
    z.lte(MAX_DAYS),
    z.describe('So long what becomes of its events is kept; the default is 30 days.'),
  );

const priority = z.enum(PRIORITIES, `write one of ${PRIORITIES.join(', ')}`);
const priorities = z
  .strictObject({
    critical: z.exactOptional(priority),
    error: z.exactOptional(priority),
    warning: z.exactOptional(priority),
    info: z.exactOptional(priority),
    debug: z.exactOptional(priority),
  } satisfies Record<Severity, z.ZodMiniType>)
  .check(
    z.refine((given) => Object.keys(given).length > 0, 'give the priority of at least one severity'),
    z.describe('What severities are worth; what is urgent travels in the urgent lane.'),
  );

const sample = z.pick(eventInput, {
  topic: true,
  source: true,
  subject: true,
  severity: true,
  dedupeKey: true,
  data: true,
});
const samples = z
  .array(sample)
  .check(
    z.minLength(1),
    z.maxLength(MAX_SAMPLES, `write at most ${MAX_SAMPLES} samples`),
    z.describe('Events for example; the templates that they are routed to must be able to tell them.'),
  );

/** Settings of topics as people write them. */
export const topicInput = z
  .strictObject({
    topics: topicPatterns,
    mode: z.exactOptional(z.enum(MODES, `write one of ${MODES.join(', ')}`)),
    claims: z.exactOptional(z.enum(['on', 'off'], 'write on or off')),
    ordered: z.exactOptional(z.boolean('write true or false')),
    orderingKey: z.exactOptional(eventPath),
    partitions: z.exactOptional(partitions),
    onDead: z.exactOptional(z.enum(ON_DEAD, `write one of ${ON_DEAD.join(', ')}`)),
    lane: z.exactOptional(z.enum(LANES, `write one of ${LANES.join(', ')}`)),
    priorities: z.exactOptional(priorities),
    retentionDays: z.exactOptional(retentionDays),
    samples: z.exactOptional(samples),
    dedupeMs: z.exactOptional(span),
    dedupeBy: z.exactOptional(eventPath),
  })
  .check(
    z.refine(({ dedupeMs, dedupeBy }) => dedupeBy === undefined || dedupeMs !== undefined, {
      path: ['dedupeBy'],
      error: 'write dedupeMs beside it, or leave it out',
    }),
    checkOrder,
    z.refine(({ mode, claims }) => claims !== 'off' || mode === undefined || mode === 'atLeastOnce', {
      path: ['claims'],
      error: 'leave claims out, or the mode: only atLeastOnce can do without claims',
    }),
  );

/** What only makes sense for an ordered topic stands in none other; and what is in doubt there needs a claim. */
function checkOrder({ value, issues }: z.core.ParsePayload<Partial<Topic>>): void {
  const say = (member: keyof Topic, message: string): void =>
    void issues.push({ code: 'custom', input: value[member], path: [member], message });
  if (value.ordered) {
    if (value.claims === 'off') say('claims', 'leave it out: an ordered topic cannot do without claims');
    if (value.partitions !== undefined && value.orderingKey === undefined)
      say('partitions', 'write an orderingKey beside it: without a key there is one line only');
    return;
  }
  for (const member of ['orderingKey', 'partitions', 'onDead'] as const)
    if (value[member] !== undefined) say(member, 'write ordered: true beside it, or leave it out');
}
