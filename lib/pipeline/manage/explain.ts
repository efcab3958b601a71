import type { Catalog } from '../../core/catalog.ts';
import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import { costOf, usageOfEvent } from '../../core/cost.ts';
import { isEnd, plannedSteps } from '../../core/escalation.ts';
import { completeEvent } from '../../core/event-input.ts';
import type { Event } from '../../core/event.ts';
import { explainRoutes, wordsOf } from '../../core/explain-routes.ts';
import { parseExplainInput } from '../../core/explain-input.ts';
import { wholeWords } from '../../core/explained-whole.ts';
import type { ExplainedFate } from '../../core/explanation.ts';
import { plannedFailovers } from '../../core/failover.ts';
import { fateWords } from '../../core/fate-words.ts';
import { waitOf } from '../../core/heartbeat.ts';
import { firingEvent } from '../../core/heartbeat-alert.ts';
import { isoTime } from '../../core/iso-time.ts';
import { PRICES } from '../../core/prices.ts';
import { priorityOf } from '../../core/priority.ts';
import { keptUntil } from '../../core/retention.ts';
import { holdOf } from '../../core/schedule.ts';
import { type TermsOf, compileTerms } from '../../core/terms.ts';
import type { EventView } from '../../core/views.ts';
import { checkTemplate } from './check-template.ts';
import { type AheadAt, type AheadDeps, lookAhead } from './explain/ahead.ts';
import { type CountForDeps, countFor } from './explain/count-for.ts';
import { fatesOf } from './explain/fates.ts';
import { type Known, type KnownDeps, lookUp } from './explain/known.ts';
import { recordOf } from './explain/record.ts';
import { type SendingDeps, sendingOf } from './explain/sending.ts';
import type { ReadDeps } from './deliveries.ts';
import { jsonBody, notFound, refusal, type Call, type Step } from './endpoint.ts';

export interface ExplainDeps extends KnownDeps, SendingDeps, CountForDeps, AheadDeps, ReadDeps {
  readonly findBody: (tenant: string, id: string) => Promise<Event | undefined>;
  readonly entries: {
    readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  };
  /** The tenant's catalog as it stands. */
  readonly catalog: (tenant: string) => Promise<Catalog>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Says what would become of an event now, or at a time, and why: by the rules that the fan-out goes by. */
export function explain(deps: ExplainDeps): Step {
  return async (call) => {
    const { about, eventId, ...subject } = await subjectOf(call, deps);
    const known = await lookUp(subject, deps);
    const { event, catalog, atMs, nowMs } = known;
    const at = isoTime(atMs);
    const verdicts = explainRoutes(catalog.routes, event);
    const [planned, aheadAt] = await Promise.all([
      fatesOf(known, countFor(known, deps)),
      lookAhead(known, deps),
    ]);
    const fates = await Promise.all(planned.map((fate) => sentOf(fate, aheadAt, known, deps)));
    const deliveries = fates.map((fate) => ({ ...fate, summary: fateWords(fate, at) }));
    const view = eventId === undefined ? undefined : await deps.findEvent(known.tenant, eventId);
    const whole = { event, routes: catalog.routes, verdicts, deliveries, about };
    return {
      status: 200,
      body: {
        at,
        topic: event.topic,
        priority: priorityOf(event),
        lane: event.lane,
        keptUntil: isoTime(keptUntil(takenMs(view) ?? atMs, event.retentionDays) * 1_000),
        summary: wholeWords(whole),
        ...(view && { recorded: recordOf(view, fates, { about, aheadAt }) }),
        routes: verdicts.map((one) =>
          one.verdict === 'notMatched' ? Object.assign({}, one, { words: wordsOf(one.why) }) : one,
        ),
        ...(deliveries.length === 0 && { noRoute: true }),
        ...escalationOf(known),
        deliveries,
        cost: costFor(event, fates),
        judgedBy: judgedBy(atMs, nowMs),
      },
    };
  };
}

/** When an event began its way, where it has: at its time, if it was held until then. */
function takenMs(view: EventView | undefined): number | undefined {
  return view && Date.parse(view.scheduledAt ?? view.receivedAt);
}

async function subjectOf(call: Call, deps: ExplainDeps) {
  const nowMs = deps.now();
  const parsed = parseExplainInput(jsonBody(call), nowMs);
  if (!parsed.ok) throw refusal(parsed.issues);
  const { tenant } = call.caller;
  const { of, about, atMs, template } = parsed.value;
  const issues = template ? checkTemplate(template, deps) : [];
  if (issues.length > 0) throw refusal(issues);
  const eventId = 'eventId' in of ? of.eventId : undefined;
  const [catalog, posted] = await Promise.all([
    deps.catalog(tenant),
    eventId === undefined ? undefined : deps.findBody(tenant, eventId),
  ]);
  const termsOf = compileTerms(catalog.topics);
  const event =
    'draft' in of
      ? completeEvent(of.draft, 'explained', nowMs, termsOf)
      : 'heartbeat' in of
        ? await stoppedAt(atMs ?? nowMs, { tenant, id: of.heartbeat, termsOf }, deps)
        : posted;
  if (!event) throw notFound();
  return {
    tenant,
    catalog,
    event,
    template: template && { ...template.body, id: template.id },
    about,
    eventId,
    nowMs,
    atMs: atMs ?? holdOf(event, nowMs)?.untilMs ?? nowMs,
  };
}

/** What would be told of a heartbeat that is late from a time on; `undefined`: there is none of this name. */
async function stoppedAt(
  sinceMs: number,
  { tenant, id, termsOf }: { readonly tenant: string; readonly id: string; readonly termsOf: TermsOf },
  { entries }: Pick<ExplainDeps, 'entries'>,
): Promise<Event | undefined> {
  const entry = await entries.find(tenant, 'heartbeat', id);
  if (entry?.kind !== 'heartbeat') return undefined;
  const heartbeat = { ...entry.body, id };
  const stop = { sinceMs, lastMs: sinceMs - waitOf(heartbeat), heartbeat };
  return firingEvent(stop, { atMs: sinceMs, repeat: 0 }, termsOf);
}

/** What is to be sent, with all that its sending has to say. */
async function sentOf(
  fate: ExplainedFate,
  aheadAt: AheadAt,
  known: Known,
  deps: ExplainDeps,
): Promise<ExplainedFate> {
  const { notification } = fate;
  const destination = known.destinations.get(fate.destination);
  if (fate.state !== 'pending' || !notification || !destination) return fate;
  const sending = await sendingOf({ destination, notification, fate }, known, deps);
  const behind = aheadAt(fate.destination);
  const failover = plannedFailovers(fate.destination, known.catalog, known.atMs);
  return { ...fate, ...sending, ...(behind && { behind }), ...(failover.length > 0 && { failover }) };
}

/** Whom the routes that want it would tell next, were it not acknowledged. */
function escalationOf({ event, rules, atMs }: Known): object {
  const planned = isEnd(event)
    ? []
    : rules
        .matchesOf(event)
        .flatMap(({ route, escalate }) => (route && escalate ? plannedSteps(route, escalate, atMs) : []));
  return planned.length > 0 ? { escalation: planned } : {};
}

/** Of the event by itself, and of all that it leads to. */
function costFor(event: Event, fates: readonly ExplainedFate[]): object {
  const shared = costOf(usageOfEvent(Buffer.byteLength(JSON.stringify(event))));
  const dollars = fates.reduce((sum, { cost }) => sum + (cost?.dollars ?? 0), shared.dollars);
  return {
    prices: { at: PRICES.at, region: PRICES.region },
    event: shared,
    dollars: Number(dollars.toFixed(9)),
  };
}

/** So long silences are kept that have ended. */
const SILENCES_KEPT_MS = 7 * 86_400_000;

/** Whether each kind of rule is as it was at that time, or as it stands now: nobody keeps old catalogs. */
function judgedBy(atMs: number, nowMs: number): object {
  return {
    windows: 'at',
    silences: atMs >= nowMs - SILENCES_KEPT_MS ? 'at' : 'now',
    catalog: 'now',
    pauses: 'now',
    alerts: 'now',
    counts: 'now',
    limits: 'now',
  };
}
