import { POISON_TAKEOVERS, refText } from '../../lib/core/claim.ts';
import { TABLES } from './functions.ts';
import { judgeIncidents } from './judge-incidents.ts';
import { judgeCounts } from './judge-counts.ts';
import { judgeLimits } from './judge-limits.ts';
import { createOrderWatch } from './judge-order.ts';
import { createReplayWatch } from './judge-replays.ts';
import { createSuspectWatch } from './judge-suspects.ts';
import {
  type Listed,
  type Ref,
  attemptsOf,
  claimItem,
  claimText,
  heldBy,
  isDelivered,
  isOver,
  keptBy,
  laterAdditions,
  listedIn,
  refOf,
  stateOf,
} from './ledger-view.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Write } from './model/table.ts';
import type { Acknowledged } from './escalations.ts';
import type { Beat } from './heartbeats.ts';
import { judgeFailovers } from './failovers.ts';
import { judgeEscalations } from './judge-escalations.ts';
import { judgeHeartbeats, judgePulseWrite } from './judge-heartbeats.ts';
import { sentWhilePaused } from './pauses.ts';
import type { Accepted } from './producers.ts';
import type { Arrival, Providers, Send } from './providers.ts';
import type { Started } from './replays.ts';
import type { Scenario } from './scenario.ts';
import { judgeMembers, judgeWindowWrite } from './windows.ts';
import type { Violate, Violation, ViolationKind } from './violation.ts';

/** Tells whether the invocation of this name is at work. */
export type IsAtWork = (owner: string) => boolean;

/** What was taken from whoever stands outside. */
interface Heard {
  readonly accepted: readonly Accepted[];
  readonly acknowledged: readonly Acknowledged[];
  readonly beats: readonly Beat[];
}

/**
 * Watches the ledger while the simulation runs, and judges at the end from what the receivers saw, what the
 * producers were promised, and what the ledger says of it.
 */
export function createOracle(scenario: Scenario, isAtWork: IsAtWork) {
  const order = createOrderWatch(scenario);
  const replays = createReplayWatch(scenario);
  const suspects = createSuspectWatch();
  const violations: Violation[] = [];
  let [duplicates, edits, counted, together, steps, stops, failovers] = [0, 0, 0, 0, 0, 0, 0];
  const violate = (kind: ViolationKind, detail: string): void => void violations.push({ kind, detail });

  return {
    violations,
    /** Arrivals beyond the first that are accounted for. */
    duplicates: (): number => duplicates,
    /** Messages that were changed in place. */
    edits: (): number => edits,
    /** Deliveries that waited to be told together. */
    together: (): number => together,
    /** Steps of escalations that were taken. */
    steps: (): number => steps,
    /** Deliveries that another destination heard of. */
    failovers: (): number => failovers,
    /** Times that a heartbeat stopped. */
    stops: (): number => stops,

    /** A delivery that has come to its end never changes again. */
    onWrite(write: Write, nowMs: number, dynamo: DynamoModel): void {
      const { table, before, after } = write;
      if (table !== TABLES.ledger) return;
      order.onWrite(write);
      judgeWindowWrite(write, violate);
      judgePulseWrite(scenario.heartbeats, write, violate);
      if (replays.onWrite(write, nowMs, violate)) return;
      if (!before) return;
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

    /** A message was put into a queue. */
    onMessage: (body: string): void => suspects.onMessage(body, violate),

    onSend: (send: Send, dynamo: DynamoModel): void => order.onSend(send, dynamo),
    ordered: order.judged,
    /** What a duplicate or a cap kept back. */
    counted: (): number => counted,
    onReplay: (replay: Started, dynamo: DynamoModel): void => replays.onStart(replay, dynamo),
    /** Dead deliveries that began another round. */
    rises: replays.total,

    /** Judges the end. `idle`: nothing is under way any more. */
    judge(
      idle: boolean,
      startMs: number,
      { accepted, acknowledged, beats }: Heard,
      providers: Providers,
      dynamo: DynamoModel,
    ): Violation[] {
      // A broken promise ended the day before its end.
      if (violations.length > 0) return violations;
      if (!idle) violate('stuck', 'messages or deliveries are still under way');
      const listed = listedIn(dynamo);
      const kept = dynamo.items(TABLES.ledger).flatMap(keptBy);
      const waiting = dynamo.items(TABLES.ledger).flatMap(heldBy);
      judgeAccepted(accepted, [...listed.values(), ...waiting, ...kept], violate);
      together = judgeMembers(dynamo, violate);
      counted = judgeCounts(scenario, dynamo, violate);
      steps = judgeEscalations(scenario, acknowledged, dynamo, violate);
      failovers = judgeFailovers(dynamo, violate);
      const { heartbeats, skewMs } = scenario;
      stops = judgeHeartbeats(heartbeats, { beats, startMs, skewMs }, dynamo, violate);
      const arrivals = Map.groupBy(providers.arrivals, (arrival) => refText({ ...arrival }));
      for (const one of listed.values())
        duplicates += judgeDelivery(
          one,
          { arrivals: arrivals.get(refText(one)) ?? [], rises: replays.rises(one) },
          dynamo,
          violate,
        );
      // What died before it was in its window is replayed alone.
      const alone = waiting.filter((one) => replays.rises(one) > 0);
      const known = new Set([...listed.values(), ...alone].map(refText));
      judgeArrivals(scenario, providers.arrivals, known, violate);
      judgeTimes(scenario, accepted, providers.arrivals, violate);
      judgeLimits(scenario, providers, violate);
      edits = judgeIncidents(providers.arrivals, listed, dynamo, violate);
      const late = laterAdditions(dynamo);
      order.judge(accepted, new Map([...listed].filter(([name]) => !late.has(name))), violate);
      replays.judge(accepted, listed, dynamo, violate);
      for (const { tenant, destination, atMs } of sentWhilePaused(scenario, startMs, providers.sends))
        violate(
          'sentWhilePaused',
          `${tenant}/${destination} was sent to ${atMs - startMs} ms after the start`,
        );
      return violations;
    },
  };
}

/** Every event that was answered 202 is in a fan-out record, whose deliveries are judged one by one; or kept back there. */
function judgeAccepted(accepted: readonly Accepted[], decided: readonly Ref[], violate: Violate): void {
  const events = new Set(decided.map(({ tenant, event }) => `${tenant}#${event}`));
  for (const { tenant, event } of accepted) {
    if (!events.has(`${tenant}#${event}`))
      violate('lost', `${tenant}#${event} was answered 202 and led nowhere`);
  }
}

/** Answers how many duplicates there were, each with its cause on record. */
function judgeDelivery(
  listed: Listed,
  { arrivals, rises }: { readonly arrivals: readonly Arrival[]; readonly rises: number },
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
  const attempts = attemptsOf(listed, dynamo);
  const ambiguous = attempts.filter(({ outcome }) => outcome === 'maybe').length;
  if (stateOf(item) === 'dead(poison)' && ambiguous < POISON_TAKEOVERS - 1)
    violate('stuck', `${text} went round until it was taken for poison, and no worker fell silent with it`);
  const delivered = isDelivered(item);
  if (delivered && received === 0) violate('lost', `${text} counts as delivered and never arrived`);
  if (listed.mode === 'claimsOff') return 0;
  if (listed.mode === 'atMostOnce' && received > 1 + rises)
    violate('duplicate', `${text} arrived ${received} times, and may at most once`);
  if (received > 1 + ambiguous || (!delivered && received > ambiguous)) {
    violate(
      'duplicate',
      `${text} arrived ${received} times, with ${ambiguous} attempts on record that may explain it`,
    );
  }
  return Math.max(0, received - 1);
}

/** Nobody hears of an event before its time, as far as clocks agree on it. */
function judgeTimes(
  { skewMs }: Scenario,
  accepted: readonly Accepted[],
  arrivals: readonly Arrival[],
  violate: Violate,
): void {
  const times = new Map(
    accepted.flatMap(({ tenant, event, scheduledAt }) =>
      scheduledAt === undefined ? [] : [[`${tenant}#${event}`, Date.parse(scheduledAt)] as const],
    ),
  );
  for (const { tenant, event, atMs } of arrivals) {
    const earlyMs = (times.get(`${tenant}#${event}`) ?? 0) - atMs;
    if (earlyMs > skewMs) violate('early', `${tenant}#${event} arrived ${earlyMs} ms before its time`);
  }
}

/** Nobody receives what is not theirs, or what no record sends them. */
function judgeArrivals(
  { tenants }: Scenario,
  arrivals: readonly Arrival[],
  listed: ReadonlySet<string>,
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
