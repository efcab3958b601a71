import type { Target } from '../../../channel.ts';
import type { Destination } from '../../../core/catalog.ts';
import { costOf, usageOfDelivery } from '../../../core/cost.ts';
import { wireId } from '../../../core/delivery.ts';
import type { ExplainedFate } from '../../../core/explanation.ts';
import {
  type IncidentRef,
  type Told,
  incidentOf,
  judgeTurn,
  messageToChange,
} from '../../../core/incident.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { type DeliveryMode, modeOf } from '../../../core/mode.ts';
import type { Notification } from '../../../core/notification.ts';
import { compileOrders } from '../../../core/order.ts';
import type { OutboundRequest } from '../../../core/outbound.ts';
import { type NamedScope, endOf, waitsOf } from '../../../core/waits.ts';
import { mayMerge } from '../../deliver/may-merge.ts';
import { TOO_LONG_MS } from '../../deliver/too-long.ts';
import { takesTurns } from '../../deliver/turn.ts';
import { type ScopesDeps, openScopes } from '../scopes.ts';
import { bodyOf, shown } from './shown.ts';
import type { Known } from './known.ts';

export interface SendingDeps extends ScopesDeps {
  /** What was told of an incident. */
  readonly findTold: (of: IncidentRef) => Promise<Told>;
}

interface Pending {
  readonly destination: Destination;
  readonly notification: Notification;
  readonly fate: ExplainedFate;
}

/**
 * What the first attempt would send, without its secrets, what that costs, and when the limits and breakers of all its
 * scopes would let it pass, as they stand now: `expectedAt`, the end of the line before it included. `merges`: that line is
 * so long that it would be told with others.
 */
export async function sendingOf(
  { destination, notification, fate }: Pending,
  known: Known,
  deps: SendingDeps,
): Promise<Partial<ExplainedFate>> {
  const { tenant, atMs, catalog } = known;
  const mode = modeOf(fate.mode);
  const opened = await openScopes(tenant, destination, catalog, deps);
  if (!opened.ok) return opened.detail === undefined ? {} : { fault: opened.detail };
  const { target, scopes } = opened;
  const turn = await turnOf(target, notification, known, deps);
  if (turn.kind === 'superseded') return { state: 'discarded', reason: 'superseded' };

  const build = (one: Notification): OutboundRequest => requestOf(target, one, turn.change, known);
  const request = build(notification);
  const waits = waitsOf(scopes, atMs);
  const bytes = Buffer.byteLength(bodyOf(request));
  const { textBudget } = target.channel;
  return {
    request: shown(request, target.secrets),
    size: {
      bytes,
      ...(textBudget && { budget: textBudget }),
      cut: notification.truncated === true || isCut(notification, build),
    },
    expectedAt: isoTime(endOf(waits, atMs)),
    ...(waits.length > 0 && { waits }),
    ...(isTooLong(target, scopes, atMs) &&
      wouldMerge(target, notification, mode, known) && { merges: true as const }),
    ...(turn.change !== undefined && { changes: true as const }),
    cost: costOf(
      usageOfDelivery({
        mode,
        rates: target.scopes.filter(({ perMs }) => perMs > 0).length,
        takesTurn: turn.kind === 'taken',
        bytes,
      }),
    ),
  };
}

/** There is a line where there is a rate, and none behind an open circuit. */
function isTooLong({ scopes: rates }: Target, scopes: readonly NamedScope[], atMs: number): boolean {
  const ends = scopes.map(({ state: { tat = 0, line = 0 } }) => Math.max(tat, line));
  const isBroken = scopes.some(({ state }) => state.breaker);
  return !isBroken && rates.some(({ perMs }, index) => perMs > 0 && ends[index]! > atMs + TOO_LONG_MS);
}

function wouldMerge(
  target: Target,
  notification: Notification,
  mode: DeliveryMode,
  { event, catalog, nowMs }: Known,
): boolean {
  const isOrdered = compileOrders(catalog.topics)(event) !== undefined;
  const { lane } = event;
  const incident = incidentOf(event, nowMs);
  return !isOrdered && mayMerge({ target, lane, mode, alone: false, incident, delivery: { notification } });
}

type Turn =
  | { readonly kind: 'none' | 'superseded'; readonly change?: undefined }
  | { readonly kind: 'taken'; readonly change: string | undefined };

/** Whether it would be the newest that is told of its incident, and the message that it would change. */
async function turnOf(
  target: Target,
  notification: Notification,
  { tenant, event, nowMs }: Known,
  { findTold }: SendingDeps,
): Promise<Turn> {
  const incident = incidentOf(event, nowMs);
  if (!incident || !takesTurns(target)) return { kind: 'none' };
  const told = await findTold({ tenant, destination: target.destination, incident });
  const judgement = judgeTurn(told, { takenBy: event.id, seq: incident.seq }, nowMs);
  if (judgement.kind === 'superseded') return judgement;
  const isEnd = notification.status === 'resolved';
  // Whoever is telling something now is done by the time that this one is sent.
  const before = judgement.kind === 'free' ? judgement.told : told;
  return { kind: 'taken', change: messageToChange(before, { place: target.edit?.place, isEnd }) };
}

function requestOf(
  { request, edit, destination }: Target,
  notification: Notification,
  providerId: string | undefined,
  { tenant, atMs }: Known,
): OutboundRequest {
  const attempt = { wireId: wireId(tenant, notification.id, destination), n: 1, atMs };
  return edit && providerId !== undefined
    ? edit.request(notification, { ...attempt, providerId })
    : request(notification, attempt);
}

/** What is behind the end of a text that was cut changes nothing. */
function isCut(notification: Notification, build: (one: Notification) => OutboundRequest): boolean {
  const longer = build({ ...notification, text: `${notification.text}.` });
  return bodyOf(longer) === bodyOf(build(notification));
}
