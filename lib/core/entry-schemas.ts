import * as z from 'zod/mini';
import { MAX_OPEN_MS } from './breaker.ts';
import { SCOPES } from './catalog.ts';
import type { EntryKind } from './catalog-entry.ts';
import { MAYBE_POLICIES } from './doubt.ts';
import { failoverInput } from './failover-input.ts';
import { heartbeatInput } from './heartbeat-input.ts';
import { quietHoursInput } from './hold-input.ts';
import { inhibitionInput } from './inhibition-input.ts';
import { parseIsoTime } from './iso-time.ts';
import { isLocale } from './locale.ts';
import { destinationNames } from './name-input.ts';
import { MAX_ROUTE_DEPTH, ONE_GATHERING, ROUTE_MEMBERS, subroutes } from './route-input.ts';
import { compileTemplate, MAX_TEMPLATE_BYTES } from './template.ts';
import { span, topicInput } from './topic-input.ts';

/**
 * What people may write into a catalog, by the file or by the API. The same schemas make the OpenAPI
 * document. Settings of a destination are checked against its channel elsewhere (`lib/settings.ts`).
 */

/** What SSM allows below a path, in at most six parts. */
const SECRET_NAME = /^[\w.-]{1,128}(?:\/[\w.-]{1,128}){0,5}$/;
const MAX_PER_SECOND = 1_000;
const MAX_EVENTS_PER_SECOND = 10_000;
const MAX_WINDOW_MS = 86_400_000;
const MIN_HOLD_MS = 60_000;
/** Shorter than the age cap of a delivery. */
const MAX_HOLD_MS = 3 * 86_400_000;
/** Secret references of one setting, newest first. */
export const MAX_SECRETS = 10;

const label = z.string().check(z.minLength(1), z.maxLength(200));

const secretName = z
  .string('write the name of a secret')
  .check(
    z.maxLength(200),
    z.regex(
      SECRET_NAME,
      'a secret is named by letters, digits, "_", "-" and ".", in up to six parts joined by "/"',
    ),
  );

export const secretRef = z
  .strictObject({ secret: secretName })
  .check(
    z.describe('Name of a value kept outside the catalog: an SSM parameter, or the local secrets file.'),
  );

/** Added headers; an object with a member `secret` is a reference, whatever else it holds. */
const headers = z.record(z.string(), z.string()).check(z.refine((lines) => !Object.hasOwn(lines, 'secret')));

const setting = z.union(
  [
    z.string().check(z.maxLength(4_096)),
    z.number(),
    z.boolean(),
    secretRef,
    z.array(secretRef).check(z.minLength(1), z.maxLength(MAX_SECRETS)),
    headers,
  ],
  `write a text, a number, true, false, { secret: NAME } or a list of up to ${MAX_SECRETS} of these references`,
);

const rate = z
  .strictObject({
    limit: z.int('write a whole number of sends, at least 1').check(z.gte(1)),
    perMs: z.int('write a whole number of milliseconds, 1 to 86400000').check(z.gte(1), z.lte(MAX_WINDOW_MS)),
  })
  .check(
    z.refine(
      ({ limit, perMs }) => (limit * 1000) / perMs <= MAX_PER_SECOND,
      `write at most ${MAX_PER_SECOND} a second`,
    ),
    z.describe('Sends allowed per window.'),
  );

const text = z.string().check(
  (context) => {
    try {
      compileTemplate(context.value);
    } catch (error) {
      context.issues.push({ code: 'custom', input: context.value, message: messageOf(error) });
    }
  },
  z.meta({ description: `Text with {{path}} placeholders, at most ${MAX_TEMPLATE_BYTES} bytes.` }),
);

const expiry = z
  .string()
  .check(z.refine((value) => parseIsoTime(value) !== undefined, 'write a time such as 2027-01-31T00:00:00Z'));

const quota = z
  .int(`write a whole number of events a second, 1 to ${MAX_EVENTS_PER_SECOND}`)
  .check(
    z.gte(1),
    z.lte(MAX_EVENTS_PER_SECOND),
    z.describe('Events a second that POST /v1/events takes; alert routes take any number.'),
  );

const holdMs = z
  .int(`write a whole number of milliseconds, ${MIN_HOLD_MS} to ${MAX_HOLD_MS}`)
  .check(z.gte(MIN_HOLD_MS), z.lte(MAX_HOLD_MS));

const MAX_RETRIES = 20;
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 86_400_000;
/** A little more than a delivery is kept trying: its last attempt is drawn forward by what jitter and work took. */
const MAX_RETRIES_MS = 76 * 3_600_000;
const retryMs = z
  .array(
    z
      .int(`write whole numbers of milliseconds, ${MIN_RETRY_MS} to ${MAX_RETRY_MS}`)
      .check(z.gte(MIN_RETRY_MS), z.lte(MAX_RETRY_MS)),
  )
  .check(
    z.maxLength(MAX_RETRIES, `write at most ${MAX_RETRIES} waits`),
    z.refine(
      (waits) => waits.reduce((sum, wait) => sum + wait, 0) <= MAX_RETRIES_MS,
      'write waits of at most 76 hours together: then a delivery is given up',
    ),
    z.describe(
      'Waits before attempts 2, 3, ... instead of those of its channel; with none there is one attempt.',
    ),
  );

const breaker = z
  .strictObject({
    sends: z.exactOptional(z.int('write a whole number, 2 to 10000').check(z.gte(2), z.lte(10_000))),
    failShare: z.exactOptional(z.number('write a share, 0.05 to 1').check(z.gte(0.05), z.lte(1))),
    openMs: z.exactOptional(
      z
        .int(`write a whole number of milliseconds, 1000 to ${MAX_OPEN_MS}`)
        .check(z.gte(1_000), z.lte(MAX_OPEN_MS)),
    ),
  })
  .check(z.describe('When a destination counts as broken; absent members are the defaults.'));

const MAX_CAP = 100;
const cap = z
  .strictObject({
    max: z.int(`write a whole number of messages, 1 to ${MAX_CAP}`).check(z.gte(1), z.lte(MAX_CAP)),
    perMs: span,
  })
  .check(z.describe('No more than max events within perMs are heard; what is urgent passes.'));

const WORDING = { title: z.exactOptional(text), text: z.exactOptional(text) };

const channelWordings = z.record(
  z.string(),
  z.strictObject(WORDING).check(z.refine(saysSomething, 'give a title, a text or both')),
);

function saysSomething(body: object): boolean {
  return Object.keys(body).length > 0;
}

function checkLocales({ value, issues }: z.core.ParsePayload<Readonly<Record<string, unknown>>>): void {
  for (const locale of Object.keys(value))
    if (!isLocale(locale))
      issues.push({
        code: 'custom',
        input: value,
        path: [locale],
        message: 'write a language such as de or pt-BR',
      });
}

const SCHEMAS = {
  destination: z
    .strictObject({
      channel: z.string(),
      title: z.exactOptional(label),
      settings: z.record(z.string(), setting),
      rate: z.exactOptional(rate),
      cap: z.exactOptional(cap),
      retryMs: z.exactOptional(retryMs),
      breaker: z.exactOptional(breaker),
      maybe: z.exactOptional(z.enum(MAYBE_POLICIES, `write one of ${MAYBE_POLICIES.join(', ')}`)),
      holdMs: z.exactOptional(holdMs),
      quietHours: z.exactOptional(quietHoursInput),
      merge: z.exactOptional(z.boolean('write true or false')),
      failover: z.exactOptional(failoverInput),
      enabled: z.prefault(z.boolean(), true),
    })
    .check(
      z.refine((body) => body.holdMs === undefined || body.maybe === 'hold', {
        path: ['holdMs'],
        error: 'write maybe: hold beside it, or leave it out',
      }),
    ),
  template: z
    .strictObject({
      ...WORDING,
      channels: z.exactOptional(channelWordings),
      locales: z.exactOptional(
        z
          .record(
            z.string(),
            z
              .strictObject({ ...WORDING, channels: z.exactOptional(channelWordings) })
              .check(z.refine(saysSomething, 'give a title, a text or channels')),
          )
          .check(checkLocales),
      ),
    })
    .check(z.refine(saysSomething, 'give a title, a text, channels or locales')),
  hook: z.strictObject({ source: z.string() }),
  key: z.strictObject({
    secret: secretName,
    scopes: z.array(z.enum(SCOPES)).check(z.minLength(1)),
    expiresAt: z.exactOptional(expiry),
    eventsPerSecond: z.exactOptional(quota),
    urgentPerSecond: z.exactOptional(quota),
  }),
  topic: topicInput,
  limit: z.strictObject({ rate, destinations: z.exactOptional(destinationNames) }),
  inhibition: inhibitionInput,
  heartbeat: heartbeatInput,
  route: z
    .strictObject({
      ...ROUTE_MEMBERS,
      order: z.prefault(z.int().check(z.gte(0), z.lte(1_000_000)), 100),
      default: z.exactOptional(z.boolean()),
      routes: z.exactOptional(subroutes(MAX_ROUTE_DEPTH - 1)),
    })
    .check(
      ONE_GATHERING,
      z.refine(({ destinations, recipients }) => destinations !== undefined || recipients !== undefined, {
        path: ['destinations'],
        error: 'write destinations, recipients or both',
      }),
    ),
} as const satisfies Record<EntryKind, z.ZodMiniType>;

/** The bodies of entries as people write them, checked. */
export type InputBodies = { readonly [K in EntryKind]: z.output<(typeof SCHEMAS)[K]> };

type EntrySchema<Body> = z.ZodMiniType<Body> & { readonly shape: Readonly<Record<string, z.core.$ZodType>> };

/** `shape` has the members an entry may have, by name. */
export const ENTRY_SCHEMAS: { readonly [K in EntryKind]: EntrySchema<InputBodies[K]> } = SCHEMAS;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
