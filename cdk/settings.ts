import type { Node } from 'constructs';
import * as z from 'zod/mini';
import { registry } from '../lib/registry.ts';

/**
 * Deployment settings, from the context of `cdk.json` alone: `fanfare` is the object below, and `-c stack=NAME`
 * names the stack, so that a second one can stand beside the first.
 */
const CHANNELS = [...registry.keys()];

/** CloudWatch Logs knows only these retentions, in days. */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] as const;

const channelName = z
  .string()
  .check(z.refine((name) => CHANNELS.includes(name), `one of ${CHANNELS.join(', ')}`));
/** Limits of an event source mapping's MaximumConcurrency. */
const concurrency = z.int().check(z.minimum(2), z.maximum(1000));

const Settings = z.strictObject({
  /** 40 characters leave room for what queue and alarm names add (80 is the limit of SQS). */
  stack: z._default(z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/)), 'Fanfare'),
  /** Channels this stack can deliver to. */
  channels: z._default(z.array(channelName).check(z.minLength(1)), CHANNELS),
  /** Channels with a queue and a function of their own; the others share `DeliverHttp`. */
  dedicated: z._default(z.array(channelName), ['slack', 'email', 'webhook']),
  /** Most invocations at a time, by queue; `deliver` may be overridden by channel, or by `http` and `urgent`. */
  concurrency: z._default(
    z.strictObject({
      events: z._default(concurrency, 20),
      eventsUrgent: z._default(concurrency, 5),
      deliver: z._default(concurrency, 10),
      deadLetters: z._default(concurrency, 2),
      by: z._default(z.record(z.string(), concurrency), { webhook: 20 }),
    }),
    { events: 20, eventsUrgent: 5, deliver: 10, deadLetters: 2, by: { webhook: 20 } },
  ),
  logRetentionDays: z._default(z.literal(RETENTION_DAYS), 30),
  logLevel: z._default(z.enum(['debug', 'info', 'warn', 'error']), 'info'),
  /** `lean` keeps the idle stack below $10 a month; `full` adds series and alarms. */
  observability: z._default(z.enum(['lean', 'full']), 'lean'),
  /** Mail address that hears of alarms; it confirms once. */
  alarmAddress: z.optional(z.email()),
  /** Requests a second over all routes but the alert routes, which have the account's maximum. */
  throttle: z._default(
    z.strictObject({ rate: z.int().check(z.positive()), burst: z.int().check(z.positive()) }),
    {
      rate: 1000,
      burst: 2000,
    },
  ),
  domain: z.optional(z.strictObject({ name: z.string(), certificateArn: z.string() })),
  /** Where the bundles lie, one folder each. */
  codeRoot: z._default(z.string(), 'dist'),
});

export type Settings = z.output<typeof Settings>;

/** Checks settings as given and fills in the defaults; one error names everything that is wrong. */
export function parseSettings(given: unknown): Settings {
  const parsed = Settings.safeParse(given);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      ({ path, message }) => `  ${['fanfare', ...path].join('.')}: ${message}`,
    );
    throw new Error(`settings in the context of cdk.json:\n${issues.join('\n')}`);
  }
  const { channels, dedicated } = parsed.data;
  return { ...parsed.data, dedicated: dedicated.filter((channel) => channels.includes(channel)) };
}

/** Reads the settings from the context; the only reader of context in this project. */
export function readSettings(node: Node): Settings {
  const given: unknown = node.tryGetContext('fanfare') ?? {};
  const stack: unknown = node.tryGetContext('stack');
  const settings: unknown = typeof given === 'string' ? JSON.parse(given) : given;
  return parseSettings(stack === undefined ? settings : { ...(settings as object), stack });
}
