import type { Rate } from '../../lib/core/catalog.ts';
import { type Claim, type Completion, coversDelivery, refText } from '../../lib/core/claim.ts';
import { isTerminal } from '../../lib/core/delivery.ts';
import { type DeliveryMode, modeOf } from '../../lib/core/mode.ts';
import { keys } from '../../lib/core/keys.ts';
import { claimOf, completionOf } from '../../lib/stores/attributes.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import { TABLES } from './functions.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Write } from './model/table.ts';
import type { Attributes } from './model/values.ts';
import { sentWhilePaused } from './pauses.ts';
import type { Accepted } from './producers.ts';
import { type Arrival, BOT_RATE, type Providers, type Send } from './providers.ts';
import type { Scenario } from './scenario.ts';

export const VIOLATIONS = [
  'lost',
  'duplicate',
  'overLimit',
  'stuck',
  'changed',
  'crossTenant',
  'unlisted',
  'takenAlive',
  'sentWhilePaused',
] as const;
export type ViolationKind = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly detail: string;
}

/** Tells whether the invocation of this name is at work. */
export type IsAtWork = (owner: string) => boolean;

/** Identity of a delivery, read from the key of its claim. */
interface Ref {
  readonly tenant: string;
  readonly event: string;
  readonly destination: string;
}

/** A delivery that a fan-out record lists, and how it is to be delivered. */
interface Listed extends Ref {
  readonly mode: DeliveryMode;
}

const CLAIM_KEY = /^T#([^#]+)#E#([^#]+)\|delivery#(.+)$/;
/** Clocks of workers may differ by this much; a limit's window is judged that much narrower. */
const CLOCK_SPREAD_MS = 5;

/**
 * Watches the ledger while the simulation runs, and judges at the end from what the receivers saw, what the
 * producers were promised, and what the ledger says of it.
 */
export function createOracle(scenario: Scenario, isAtWork: IsAtWork) {
  const violations: Violation[] = [];
  let duplicates = 0;
  const violate = (kind: ViolationKind, detail: string): void => void violations.push({ kind, detail });

  return {
    violations,
    /** Arrivals beyond the first that are accounted for. */
    duplicates: (): number => duplicates,

    /** A delivery that has come to its end never changes again. */
    onWrite({ table, before, after }: Write, dynamo: DynamoModel): void {
      if (table !== TABLES.ledger || !before) return;
      const ref = refOf(before);
      if (!ref) return;
      const [from, to] = [before['owner']?.S ?? '', after?.['owner']?.S ?? ''];
      if (before['state']?.S === 'sending' && from !== to && isAtWork(from))
        violate('takenAlive', `${refText(ref)} was taken from ${from}, which is at work on it`);
      if (!isOver(ref, before, dynamo)) return;
      if (after && claimText(before) === claimText(after)) return;
      violate(
        'changed',
        `${refText(ref)} was ${stateOf(before)} and became ${after ? stateOf(after) : 'nothing'}`,
      );
    },

    /** Judges the end. `idle`: nothing is under way any more. */
    judge(
      idle: boolean,
      startMs: number,
      accepted: readonly Accepted[],
      providers: Providers,
      dynamo: DynamoModel,
    ): Violation[] {
      if (!idle) violate('stuck', 'messages or deliveries are still under way');
      const listed = listedIn(dynamo);
      judgeAccepted(accepted, listed, violate);
      const arrivals = Map.groupBy(providers.arrivals, (arrival) => refText({ ...arrival }));
      for (const one of listed.values())
        duplicates += judgeDelivery(one, arrivals.get(refText(one)) ?? [], dynamo, violate);
      judgeArrivals(scenario, providers.arrivals, listed, violate);
      judgeLimits(scenario, providers, violate);
      for (const { tenant, destination, atMs } of sentWhilePaused(scenario, startMs, providers.sends))
        violate(
          'sentWhilePaused',
          `${tenant}/${destination} was sent to ${atMs - startMs} ms after the start`,
        );
      return violations;
    },
  };
}

type Violate = (kind: ViolationKind, detail: string) => void;

/** Every event that was answered 202 is in a fan-out record, whose deliveries are judged one by one. */
function judgeAccepted(
  accepted: readonly Accepted[],
  listed: ReadonlyMap<string, Listed>,
  violate: Violate,
): void {
  const events = new Set([...listed.values()].map(({ tenant, event }) => `${tenant}#${event}`));
  for (const { tenant, event } of accepted) {
    if (!events.has(`${tenant}#${event}`))
      violate('lost', `${tenant}#${event} was answered 202 and led nowhere`);
  }
}

/** Answers how many duplicates there were, each with its cause on record. */
function judgeDelivery(
  listed: Listed,
  arrivals: readonly Arrival[],
  dynamo: DynamoModel,
  violate: Violate,
): number {
  const text = refText(listed);
  const item = claimItem(listed, dynamo);
  const received = arrivals.filter(({ accepted }) => accepted).length;
  // Bulk telemetry has no record of a success, and may come twice.
  if (!item) {
    if (listed.mode !== 'claimsOff' || received === 0)
      violate('lost', `${text} was listed and never claimed`);
    return 0;
  }
  if (!isOver(listed, item, dynamo)) violate('stuck', `${text} is ${stateOf(item)} for ever`);
  const ambiguous = attemptsOf(listed, dynamo).filter(({ outcome }) => outcome === 'maybe').length;
  const delivered = isDelivered(item);
  if (delivered && received === 0) violate('lost', `${text} counts as delivered and never arrived`);
  if (listed.mode === 'claimsOff') return 0;
  if (listed.mode === 'atMostOnce' && received > 1)
    violate('duplicate', `${text} arrived ${received} times, and may at most once`);
  if (received > 1 + ambiguous || (!delivered && received > ambiguous)) {
    violate(
      'duplicate',
      `${text} arrived ${received} times, with ${ambiguous} attempts on record that may explain it`,
    );
  }
  return Math.max(0, received - 1);
}

/** Nobody receives what is not theirs, or what no record sends them. */
function judgeArrivals(
  { tenants }: Scenario,
  arrivals: readonly Arrival[],
  listed: ReadonlyMap<string, Listed>,
  violate: Violate,
): void {
  for (const arrival of arrivals) {
    const text = refText({ ...arrival });
    // Producers put their tenant's name first; what Fanfare itself has to tell names nobody.
    const from = tenants.find(({ id }) => arrival.title.startsWith(`${id} `))?.id;
    if (from !== undefined && from !== arrival.tenant)
      violate('crossTenant', `${text} brought another tenant's "${arrival.title}"`);
    if (!listed.has(text)) violate('unlisted', `${text} arrived and no record sends it there`);
  }
}

/** No window of a limit's length holds more sends than the limit, counted at their begin in true time. */
function judgeLimits({ tenants, skewMs }: Scenario, { sends }: Providers, violate: Violate): void {
  const judge = (name: string, rate: Rate, isCounted: (send: Send) => boolean): void => {
    const times = sends.filter(isCounted).map(({ atMs }) => atMs);
    const most = mostWithin(times, rate.perMs);
    if (most > allowedWithin(rate, skewMs))
      violate('overLimit', `${name} saw ${most} sends within ${rate.perMs} ms, limit ${rate.limit}`);
  };
  for (const { id: tenant, destinations } of tenants) {
    for (const { id, rate } of destinations) {
      if (rate) judge(`${tenant}/${id}`, rate, (send) => send.tenant === tenant && send.destination === id);
    }
    if (destinations.some(({ settings }) => settings['bot'] !== undefined))
      judge(`the bot of ${tenant}`, BOT_RATE, (send) => send.tenant === tenant);
  }
}

/**
 * The limit itself as long as clocks are well. Beyond that, workers disagree about the time of a slot by up to
 * twice their skew `d`, and a window holds the slots of a time of W + 2d (protocol section 6).
 */
function allowedWithin({ limit, perMs }: Rate, skewMs: number): number {
  if (skewMs <= CLOCK_SPREAD_MS / 2) return limit;
  return Math.floor(limit * (1 + (2 * skewMs) / perMs)) + 1;
}

export function mostWithin(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  sorted.forEach((time, index) => {
    while (time - sorted[from]! >= windowMs) from++;
    most = Math.max(most, index - from + 1);
  });
  return most;
}

/** Every delivery that a fan-out record lists. */
function listedIn(dynamo: DynamoModel): Map<string, Listed> {
  const listed = new Map<string, Listed>();
  for (const item of dynamo.items(TABLES.ledger)) {
    const tenant = /^T#([^#]+)#F#/.exec(item['pk']?.S ?? '')?.[1];
    if (tenant === undefined) continue;
    const mode = modeOf(item['mode']?.S);
    const { sets, of } = JSON.parse(item['lists']?.S ?? '') as {
      sets: string[][];
      of: Record<string, number>;
    };
    for (const [event, set] of Object.entries(of)) {
      for (const destination of sets[set] ?? []) {
        const ref = { tenant, event, destination, mode };
        listed.set(refText(ref), ref);
      }
    }
  }
  return listed;
}

/** Deliveries that are claimed and not over. */
export function openDeliveries(dynamo: DynamoModel): string[] {
  return dynamo.items(TABLES.ledger).flatMap((item) => {
    const ref = refOf(item);
    return ref && !isOver(ref, item, dynamo) ? [refText(ref)] : [];
  });
}

function refOf(item: Attributes): Ref | undefined {
  const [, tenant, event, destination] = CLAIM_KEY.exec(`${item['pk']?.S}|${item['sk']?.S}`) ?? [];
  return tenant && event && destination ? { tenant, event, destination } : undefined;
}

function claimItem({ tenant, event, destination }: Ref, dynamo: DynamoModel): Attributes | undefined {
  const { pk, sk } = keys.claim(tenant, event, destination);
  return dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } });
}

function isOver(ref: Ref, item: Attributes, dynamo: DynamoModel): boolean {
  const claim = claimOf(fromAttributes({ ...item }));
  if (isTerminal(claim.state)) return true;
  return claim.state === 'sending' && coversDelivery(completionUnder(ref, claim, dynamo), claim);
}

function completionUnder({ tenant }: Ref, claim: Claim, dynamo: DynamoModel): Completion | undefined {
  const { pk, sk } = keys.completion(tenant, claim.owner, claim.k);
  const item = dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } });
  return item && completionOf(fromAttributes({ ...item }));
}

/** Over, and not by a state that says otherwise. */
function isDelivered(item: Attributes): boolean {
  return ['sending', 'delivered'].includes(item['state']?.S ?? '');
}

function attemptsOf(
  { tenant, event, destination }: Ref,
  dynamo: DynamoModel,
): { readonly outcome: string }[] {
  const { pk } = keys.event(tenant, event);
  return dynamo.items(TABLES.ledger).flatMap((item) => {
    const own = item['pk']?.S === pk && item['sk']?.S?.startsWith(`attempt#${destination}#`);
    return own ? [{ outcome: item['outcome']?.S ?? '' }] : [];
  });
}

function stateOf(item: Attributes): string {
  const [state, reason] = [item['state']?.S ?? '?', item['reason']?.S];
  return reason === undefined ? state : `${state}(${reason})`;
}

/** What makes up a claim; marks for people and timers may change. */
function claimText(item: Attributes): string {
  return ['state', 'reason', 'owner', 'attempt', 'k', 'i'].map((name) => JSON.stringify(item[name])).join();
}
