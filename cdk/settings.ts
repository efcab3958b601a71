import type { Node } from 'constructs';
import * as z from 'zod';
import { isObject } from '../lib/core/is-object.ts';
import { registry } from '../lib/registry.ts';

/**
 * Deployment settings, from the context of `cdk.json` alone: `fanfare` is the object below, and `-c stack=NAME`
 * names the stack, so that a second one can stand beside the first.
 */
const CHANNELS = [...registry.keys()];

/** CloudWatch Logs knows only these retentions, in days. */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] as const;

const channelName = z.string().refine((name) => registry.has(name), `one of ${CHANNELS.join(', ')}`);
/** Bounds of an event source mapping's MaximumConcurrency. */
const concurrency = z.int().min(2).max(1000);
const count = z.int().positive();
const tableName = z.string().regex(/^[\w.-]{3,255}$/);

const Settings = z
  .strictObject({
    /** 40 characters leave room for what queue names add (SQS: 80). */
    stack: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/)
      .default('Fanfare'),
    /** Channels this stack delivers to. Alarms, graphs and series of each cost about $1 a month. */
    channels: z.array(channelName).min(1).default(['discord', 'email', 'slack', 'telegram', 'webhook']),
    /** Channels with a queue and a function of their own; the others share `DeliverHttp`. */
    dedicated: z.array(channelName).default(['slack', 'email', 'webhook']),
    /** Most batches at a time, by queue. */
    concurrency: z
      .strictObject({
        events: concurrency.default(20),
        eventsUrgent: concurrency.default(5),
        deliver: concurrency.default(10),
        deadLetters: concurrency.default(2),
        /** Each of the two queues of ordered topics. */
        ordered: concurrency.default(10),
        /** Replaces `deliver` for a dedicated channel, `http` or `urgent`. */
        by: z.partialRecord(z.enum([...CHANNELS, 'http', 'urgent']), concurrency).default({ webhook: 20 }),
      })
      .prefault({}),
    /** Two FIFO queues with their functions, for topics whose events arrive in order. */
    ordered: z.boolean().default(false),
    logRetentionDays: z.literal(RETENTION_DAYS).default(30),
    logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    /** `lean` keeps the idle stack below $10 a month; `full` adds series and alarms. */
    observability: z.enum(['lean', 'full']).default('lean'),
    /** Dollars of a million deliveries at which an alarm rings, instead of the alarm's own; only with `full`. */
    maxDollarsPerMillion: z.number().positive().optional(),
    /** Profiles one run in so many, of every function, and keeps the profiles in a bucket for a week. */
    sampling: z.strictObject({ oneIn: count }).optional(),
    /** Mail address that hears of alarms; it confirms once. */
    alarmAddress: z.email().optional(),
    /** Requests a second over all routes but the alert routes, which have the account's maximum. */
    throttle: z.strictObject({ rate: count.default(1000), burst: count.default(2000) }).prefault({}),
    /** While a tenant's normal events wait longer than this for their fan-out, `/v1/events` takes no more of them. */
    maxEventAgeSeconds: z.int().min(60).max(43_200).default(900),
    /** Names of tables that were restored from a backup, in place of the stack's own. */
    tables: z.strictObject({ catalog: tableName.optional(), ledger: tableName.optional() }).prefault({}),
    /** A name of one's own for the API, with the ARN of its certificate in the region of the stack. */
    domain: z
      .strictObject({ name: z.string().min(1), certificateArn: z.string().startsWith('arn:') })
      .optional(),
    /** Folder of the bundles. One that is not `dist` is taken as it is. */
    codeRoot: z.string().default('dist'),
  })
  .refine(
    ({ observability, maxDollarsPerMillion }) =>
      observability === 'full' || maxDollarsPerMillion === undefined,
    {
      path: ['maxDollarsPerMillion'],
      message: 'needs observability: full, which counts what deliveries cost',
    },
  );

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
  return parseSettings(isObject(settings) && stack !== undefined ? { ...settings, stack } : settings);
}
