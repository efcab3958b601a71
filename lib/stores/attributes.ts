import type { Breaker } from '../core/breaker.ts';
import type { Claim, Completion } from '../core/claim.ts';
import type { Consent } from '../core/consent.ts';
import { STATES } from '../core/delivery.ts';
import type { Held } from '../core/held.ts';
import { isObject, objectsIn } from '../core/is-object.ts';
import type { Learned } from '../core/learned.ts';
import { REASONS } from '../core/outcome.ts';
import { statedRate } from '../core/rate-headers.ts';
import type { ScopeState } from '../core/scope.ts';
import type { Item } from './table.ts';

/** Reads of items, so that nothing unchecked comes in from the tables: what has another type counts as absent. */
type Attributes = Readonly<Record<string, unknown>>;

export function text(item: Attributes, name: string): string | undefined {
  const value = item[name];
  return typeof value === 'string' ? value : undefined;
}

export function number(item: Attributes, name: string): number | undefined {
  const value = item[name];
  return typeof value === 'number' ? value : undefined;
}

/** A member if it is known: `{ ...optional({ reason: text(item, 'reason') }) }`. */
export function optional<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> };
export function optional(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A state that a newer release invented reads as somebody else's work: it is waited for, and not touched. */
export function claimOf(item: Item): Claim {
  return {
    owner: text(item, 'owner') ?? '',
    k: number(item, 'k') ?? 0,
    i: number(item, 'i') ?? 0,
    attempt: number(item, 'attempt') ?? 0,
    takeovers: number(item, 'takeovers') ?? 0,
    leaseUntil: number(item, 'leaseUntil') ?? 0,
    state: STATES.find((state) => state === item['state']) ?? 'sending',
    ttl: number(item, 'ttl') ?? Infinity,
    ...optional({
      open: text(item, 'open'),
      nextAt: number(item, 'nextAt'),
      since: number(item, 'since'),
      keyUntilMs: number(item, 'keyUntilMs'),
    }),
  };
}

export function completionOf(item: Item): Completion {
  const { notDelivered, ms, providerIds, among } = item;
  return {
    n: number(item, 'n') ?? 0,
    notDelivered: listOf(notDelivered).filter(isNumber),
    ms: listOf(ms).map((value) => (isNumber(value) ? value : null)),
    ...optional({ at: number(item, 'at') }),
    ...(isObject(providerIds) && { providerIds: textsOf(providerIds) }),
    ...(among !== undefined && { among: listOf(among).filter(isNumber) }),
  };
}

export function scopeOf(item: Attributes): ScopeState {
  return optional({
    tat: number(item, 'tat'),
    line: number(item, 'line'),
    successes: number(item, 'successes'),
    failures: number(item, 'failures'),
    windowAt: number(item, 'windowAt'),
    breaker: breakerOf(item['breaker']),
    learned: learnedOf(item['learned']),
    consent: consentOf(item['consent']),
    places: placesOf(item['places']),
  });
}

function breakerOf(value: unknown): Breaker | undefined {
  if (!isObject(value)) return undefined;
  return {
    state: value['state'] === 'probing' ? 'probing' : 'open',
    untilMs: number(value, 'untilMs') ?? 0,
    openMs: number(value, 'openMs') ?? 0,
    ...optional({ probeOwner: text(value, 'probeOwner') }),
  };
}

function placesOf(value: unknown): Held[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return objectsIn(value).map((held) => ({
    owner: text(held, 'owner') ?? '',
    count: number(held, 'count') ?? 0,
    untilMs: number(held, 'untilMs') ?? 0,
  }));
}

function learnedOf(value: unknown): Learned | undefined {
  if (!isObject(value)) return undefined;
  const { rate } = value;
  const stated = isObject(rate) && statedRate(number(rate, 'limit') ?? 0, number(rate, 'perMs') ?? 0);
  return {
    share: number(value, 'share') ?? 1,
    atMs: number(value, 'atMs') ?? 0,
    ...(stated && { rate: stated }),
  };
}

/** A refusal for a reason that a newer release invented still is one. */
function consentOf(value: unknown): Consent | undefined {
  if (!isObject(value)) return undefined;
  const { refusal } = value;
  const outcome = isObject(refusal) && isObject(refusal['outcome']) ? refusal['outcome'] : {};
  const reason = REASONS.find((known) => known === outcome['reason']) ?? 'settings';
  return {
    question: text(value, 'question') ?? '',
    untilMs: number(value, 'untilMs') ?? 0,
    ...(isObject(refusal) && {
      refusal: { outcome: { kind: 'retry', reason }, detail: text(refusal, 'detail') ?? '' },
    }),
  };
}

function textsOf(value: Attributes): Record<string, string> {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, String(member)]));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
