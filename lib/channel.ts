import { createHash } from 'node:crypto';
import { BREAKER_RULE, type BreakerRule } from './core/breaker.ts';
import { canonicalJson } from './core/canonical.ts';
import { type Limit, type Rate, UNLIMITED } from './core/catalog.ts';
import type { Permission } from './core/consent.ts';
import { type Doubt, type Wish, doubtOf } from './core/doubt.ts';
import type { AttemptInfo, Edit, PlacedEdit } from './core/edit.ts';
import type { Field, FieldIssue, Fields } from './core/field.ts';
import type { RateHint } from './core/learned.ts';
import type { Notification } from './core/notification.ts';
import { type Outcome, type Reply, outcomeOf } from './core/outcome.ts';
import type { HttpRequest, OutboundRequest } from './core/outbound.ts';
import { policyRate } from './core/rate-headers.ts';
import type { TextUnit } from './core/text.ts';

/**
 * The contract of a channel: data plus one pure function. A channel never does I/O; what it returns is
 * carried by the transport it names (`lib/platform`), where deadline, address guard, redaction and timing
 * live once for all of them.
 */

export type { Field, FieldIssue, Fields } from './core/field.ts';
export type { AwsRequest, HttpRequest, MailRequest, OutboundRequest } from './core/outbound.ts';

type ValueOf<F extends Field> = F['many'] extends true
  ? readonly string[]
  : F['kind'] extends 'integer'
    ? number
    : F['kind'] extends 'boolean'
      ? boolean
      : F['kind'] extends 'headers'
        ? Readonly<Record<string, string>>
        : string;

type RequiredNames<F extends Fields> = { [K in keyof F]: F[K]['optional'] extends true ? never : K }[keyof F];

/** The settings a channel's functions see: checked, with secrets resolved, typed from `fields`. */
export type SettingsOf<F extends Fields> = { readonly [K in RequiredNames<F>]: ValueOf<F[K]> } & {
  readonly [K in Exclude<keyof F, RequiredNames<F>>]?: ValueOf<F[K]> | undefined;
};

/** What a limit counts: a bot, a chat, an account. The destination's own scope is not listed here. */
export interface ScopeSpec<S> extends Rate {
  /** Word for documents and metrics: `bot`, `chat`, `account`. */
  readonly name: string;
  /** Identity of what is counted; it may contain a secret (it is hashed). `undefined`: does not apply. */
  readonly key: (settings: S) => string | undefined;
  /** A setting that overrides `limit`, where accounts differ. */
  readonly limitOf?: (settings: S) => number | undefined;
  /** Stands above scopes of several destinations, and sets their pace. */
  readonly shared?: true;
}

/** A scope of one target, ready for booking. `id` holds no secret. */
export interface Scope extends Rate {
  readonly id: string;
  /** `destination`, `limit`, or as the channel calls it. */
  readonly name: string;
  /** Somebody has set the rate: what a provider states may only lower it. */
  readonly fixed: boolean;
  readonly shared: boolean;
}

export interface TextBudget {
  readonly max: number;
  readonly unit: TextUnit;
}

/**
 * Where a request carries the provider's own idempotency key, made from `wireId`: a repeat with the same key does
 * no harm. `knownMs`: how long the provider remembers a key; absent: longer than any retry.
 */
export type ProviderKey = (
  | { readonly header: string }
  /** Of the JSON body. */
  | { readonly member: string }
) & { readonly knownMs?: number };

/** A question to the receiver before it gets anything. Without its consent nothing is sent. */
export interface Handshake {
  readonly request: HttpRequest;
  /** Must not throw, whatever the reply. */
  readonly read: (reply: Extract<Reply, { kind: 'reply' }>) => Permission;
}

/** `question` tells it from every other: a consent holds for the question that was asked. */
export interface AskedHandshake extends Handshake {
  readonly question: string;
}

export interface ChannelSpec<F extends Fields> {
  readonly name: string;
  readonly title: string;
  readonly fields: F;
  /** `event`: the notification carries the event's whole `data`; `text`: title and text are enough. */
  readonly payload: 'text' | 'event';
  /** Longest text the provider takes, counted as it counts; it is cut there. Absent: not cut. */
  readonly textBudget?: TextBudget;
  /** Default rate of a destination's own scope. Absent: unlimited, with at most 10 requests in flight. */
  readonly rate?: Rate;
  /** Further scopes, shared between destinations. */
  readonly scopes?: readonly ScopeSpec<SettingsOf<F>>[];
  /** Deadline of one request, connect to last byte. */
  readonly timeoutMs: number;
  /** Waits before attempt 2, 3, ... in ms; attempts = its length + 1. */
  readonly retryMs: readonly number[];
  /** What may have been accepted is then sent again under this key. */
  readonly providerKey?: ProviderKey;
  /** Rules across fields; each issue names the field it is about. */
  readonly check?: (settings: Readonly<Record<string, unknown>>) => readonly FieldIssue[];
  readonly request: (
    notification: Notification,
    settings: SettingsOf<F>,
    attempt: AttemptInfo,
  ) => OutboundRequest;
  readonly outcome?: (
    reply: Extract<Reply, { kind: 'reply' }>,
    nowMs: number,
    settings: SettingsOf<F>,
  ) => Outcome;
  /** What a reply says about rates. Absent: what `RateLimit-Policy` states. */
  readonly rateHint?: (reply: Extract<Reply, { kind: 'reply' }>, settings: SettingsOf<F>) => RateHint;
  /** `undefined`: not with these settings. What a change is answered is read by `outcome`, too. */
  readonly edit?: (settings: SettingsOf<F>) => Edit | undefined;
  /** What tells of an incident changes its state there: an old message that comes late would undo a newer one. */
  readonly newestOnly?: true;
  /** People read it, and many messages late are worse than one: the default of a destination's `merge`. */
  readonly merges?: true;
  /** Asks for consent, before the first delivery and about once a day; `undefined`: not with these settings. */
  readonly handshake?: (settings: SettingsOf<F>, rate: Rate) => Handshake | undefined;
}

/** A destination whose settings have been checked; the only thing that can build requests. */
export interface Target {
  readonly channel: Channel;
  readonly destination: string;
  readonly scopes: readonly Scope[];
  /** Every secret value in use, for redaction. */
  readonly secrets: readonly string[];
  /** What becomes of a delivery that may have been accepted. */
  readonly doubt: Doubt;
  /** Waits before attempt 2, 3, ... */
  readonly retryMs: readonly number[];
  readonly breaker: BreakerRule;
  readonly request: (notification: Notification, attempt: AttemptInfo) => OutboundRequest;
  readonly outcome: (reply: Reply, nowMs: number) => Outcome;
  readonly rateHint: (reply: Reply) => RateHint;
  readonly edit: PlacedEdit | undefined;
  /** What would wait too long is told together. */
  readonly merges: boolean;
  readonly handshake: AskedHandshake | undefined;
}

export interface OpenOptions extends Wish {
  readonly tenant: string;
  readonly destination: string;
  readonly rate?: Rate | undefined;
  /** Absent: the channel's own. */
  readonly retryMs?: readonly number[] | undefined;
  readonly breaker?: Partial<BreakerRule> | undefined;
  readonly merge?: boolean | undefined;
  /** Shared with destinations of whatever channel. */
  readonly limits?: readonly Limit[] | undefined;
}

export interface Channel {
  readonly name: string;
  readonly title: string;
  readonly fields: Fields;
  readonly payload: 'text' | 'event';
  readonly textBudget: TextBudget | undefined;
  readonly rate: Rate | undefined;
  readonly scopeNames: readonly { readonly name: string; readonly limit: number; readonly perMs: number }[];
  readonly timeoutMs: number;
  readonly retryMs: readonly number[];
  readonly providerKey: ProviderKey | undefined;
  readonly newestOnly: boolean;
  readonly merges: boolean;
  /** A message may tell of several events: it is text, and its provider knows no repeat by a key made from one. */
  readonly canMerge: boolean;
  /** Messages can be changed, at least with some settings. */
  readonly edits: boolean;
  readonly check: (settings: Readonly<Record<string, unknown>>) => readonly FieldIssue[];
  /** Settings must have passed `checkSettings` and have their secrets resolved. */
  readonly open: (settings: Readonly<Record<string, unknown>>, options: OpenOptions) => Target;
}

/** The destination's own scope: carries its breaker, and its rate if it has one. */
export function ownScopeId(destination: string): string {
  return `destination:${destination}`;
}

/** Name of that scope beside those that a channel declares. */
export const OWN_SCOPE = 'destination';
/** The same for limits of the catalog. */
export const SHARED_LIMIT = 'limit';

/** Types a channel's functions from its `fields` and closes over that type, so the registry needs no casts. */
export function defineChannel<const F extends Fields>(spec: ChannelSpec<F>): Channel {
  const hint = spec.rateHint ?? statedHint;
  const channel: Channel = {
    name: spec.name,
    title: spec.title,
    fields: spec.fields,
    payload: spec.payload,
    textBudget: spec.textBudget,
    rate: spec.rate,
    scopeNames: (spec.scopes ?? []).map(({ name, limit, perMs }) => ({ name, limit, perMs })),
    timeoutMs: spec.timeoutMs,
    retryMs: spec.retryMs,
    providerKey: spec.providerKey,
    newestOnly: spec.newestOnly ?? false,
    merges: spec.merges ?? false,
    canMerge: spec.payload === 'text' && spec.providerKey === undefined,
    edits: spec.edit !== undefined,
    check: spec.check ?? (() => []),
    open(raw, { destination, rate, retryMs = spec.retryMs, breaker, merge, limits = [], ...wish }) {
      const settings = checked(spec.fields, raw);
      const own = rate ?? spec.rate ?? UNLIMITED;
      const scopes: Scope[] = [
        {
          id: ownScopeId(destination),
          name: OWN_SCOPE,
          limit: own.limit,
          perMs: own.perMs,
          shared: false,
          fixed: rate !== undefined,
        },
      ];
      for (const scope of spec.scopes ?? []) {
        const key = scope.key(settings);
        if (key === undefined) continue;
        const id = `${spec.name}:${scope.name}:${fingerprint(key)}`;
        const set = scope.limitOf?.(settings);
        const { name, perMs, shared = false } = scope;
        scopes.push({ id, name, limit: set ?? scope.limit, perMs, shared, fixed: set !== undefined });
      }
      for (const limit of limits)
        scopes.push({
          id: `limit:${limit.id}`,
          name: SHARED_LIMIT,
          ...limit.rate,
          shared: true,
          fixed: true,
        });
      const handshake = spec.handshake?.(settings, own);
      const edit = spec.edit?.(settings);
      return {
        channel,
        destination,
        scopes,
        secrets: secretsOf(spec.fields, raw),
        doubt: doubtOf(wish, spec.providerKey),
        retryMs,
        breaker: { ...BREAKER_RULE, ...breaker },
        request: (notification, attempt) => spec.request(notification, settings, attempt),
        outcome: (reply, nowMs) =>
          reply.kind === 'reply' && spec.outcome
            ? spec.outcome(reply, nowMs, settings)
            : outcomeOf(reply, nowMs),
        rateHint: (reply) => (reply.kind === 'reply' ? hint(reply, settings) : {}),
        edit: edit && { ...edit, place: fingerprint(canonicalJson(settings)) },
        merges: channel.canMerge && (merge ?? channel.merges),
        handshake: handshake && { ...handshake, question: fingerprint(JSON.stringify(handshake.request)) },
      };
    },
  };
  return channel;
}

function statedHint({ headers }: Extract<Reply, { kind: 'reply' }>): RateHint {
  const rate = policyRate(headers);
  return rate ? { rate } : {};
}

/** Settings as the type that their check has proved. Throws when they cannot have passed it. */
function checked<F extends Fields>(fields: F, settings: Readonly<Record<string, unknown>>): SettingsOf<F> {
  if (isComplete(fields, settings)) return settings;
  throw new Error('settings were opened without their check');
}

function isComplete<F extends Fields, S extends Readonly<Record<string, unknown>>>(
  fields: F,
  settings: S,
): settings is S & SettingsOf<F> {
  return Object.entries(fields).every(([name, { optional }]) => optional || settings[name] !== undefined);
}

function secretsOf(fields: Fields, settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(fields)
    .filter(([, field]) => field.secret || field.mayBeSecret)
    .flatMap(([name]) => settings[name] ?? [])
    .filter((value): value is string => typeof value === 'string' && value !== '');
}

function fingerprint(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 16);
}
