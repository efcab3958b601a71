import type { Channel } from '../../channel.ts';
import { type Catalog, type Destination, type Template, limitsOf } from '../../core/catalog.ts';
import { INBOX, isInbox } from '../../core/destination-id.ts';
import type { Event } from '../../core/event.ts';
import { planFanOuts } from '../../core/fan-out.ts';
import { heldReason } from '../../core/group-window.ts';
import { reasonOf, ruleIds } from '../../core/hush.ts';
import { isoTime } from '../../core/iso-time.ts';
import type { Notification } from '../../core/notification.ts';
import { type Pause, isPaused } from '../../core/pause.ts';
import { render } from '../../core/render.ts';
import type { RouteMatch } from '../../core/route.ts';
import { type Rules, rulesAt } from '../../core/rules.ts';
import { wordingFor } from '../../core/wording.ts';
import { templateOf } from '../fan-out/plan.ts';
import type { CountFor } from './count-for.ts';

/** What deliveries are explained by. */
export interface Known {
  readonly channels: ReadonlyMap<string, Channel>;
  readonly catalog: Catalog;
  readonly matches: readonly RouteMatch[];
  readonly destinations: ReadonlyMap<string, Destination | undefined>;
  readonly pauses: readonly Pause[];
  /** In the place of those that routes name. */
  readonly template: Template | undefined;
  /** Alerts that fire now, whatever the time that is asked about: of others nobody can know. */
  readonly firing: readonly Event[];
}

/** One delivery and what becomes of it, with all that its state has to say. */
export interface Explained {
  readonly destination: string;
  readonly state: string;
  readonly notification?: Notification;
}

/** What would become of each delivery of an event. */
export async function deliveriesOf(
  event: Event,
  atMs: number,
  known: Known,
  count: CountFor,
): Promise<Explained[]> {
  const rules = rulesAt(known.catalog, atMs, { firing: known.firing, pack: [event] });
  const { matches } = known;
  const pack = { v: 1, kind: 'events', tenant: '', pack: '', items: [event] } as const;
  const planned = planFanOuts(pack, { ...rules, matchesOf: () => matches });
  const { fanOut, countsOf } = await count(pack, planned);
  const mode = rules.modeFor(event.topic) ?? 'atLeastOnce';
  const heard = fanOut?.destinations.get(event.id) ?? [];
  const held = fanOut?.held?.get(event.id) ?? [];
  const kept = fanOut?.suppressed?.get(event.id) ?? [];
  return [
    ...heard.map((id) =>
      Object.assign(fateOf(event, id, atMs, known), { mode }, countsOf(id), contentOf(event, id, known)),
    ),
    ...held.map((id) => {
      const fate = fateOf(event, id, atMs, known);
      const waits = fate.state === 'discarded' ? {} : waitOf(event, id, atMs, matches, rules);
      return Object.assign(fate, waits, { mode }, contentOf(event, id, known));
    }),
    ...kept.flatMap((group) =>
      group.destinations.map((destination) => ({
        destination,
        state: 'discarded',
        reason: reasonOf(group),
        by: ruleIds(group),
      })),
    ),
  ];
}

/** What it would wait for, and until when, as the first of its window. */
function waitOf(
  event: Event,
  id: string,
  atMs: number,
  matches: readonly RouteMatch[],
  rules: Rules,
): object {
  const match = matches.find(({ destinations }) => destinations.includes(id));
  const hold = match && rules.holdOf('', event, match, id);
  if (!hold) return {};
  const { kind, rule, values, closesAt } = hold;
  return {
    state: 'held',
    reason: heldReason(kind),
    by: [rule],
    group: values,
    until: isoTime(closesAt(atMs)),
  };
}

/** What deliver would do with it, as far as rules decide. */
function fateOf(event: Event, id: string, atMs: number, { catalog, destinations, pauses, channels }: Known) {
  const isExpired = event.expiresAt !== undefined && Date.parse(event.expiresAt) <= atMs;
  if (isInbox(id) && !isExpired) return { destination: id, channel: INBOX, state: 'delivered' };
  if (isInbox(id)) return { destination: id, channel: INBOX, state: 'discarded', reason: 'expired' };
  const destination = destinations.get(id);
  const common = { destination: id, ...(destination && { channel: destination.channel }) };
  if (!destination || !channels.has(destination.channel))
    return { ...common, state: 'discarded', reason: 'destinationDeleted' };
  if (!destination.enabled) {
    const reason = destination.disabledReason === 'gone' ? 'gone' : 'disabled';
    return { ...common, state: 'discarded', reason };
  }
  if (isExpired) return { ...common, state: 'discarded', reason: 'expired' };
  if (isPaused(pauses, { id, channel: destination.channel }))
    return { ...common, state: 'held', reason: 'paused' };
  return {
    ...common,
    state: 'pending',
    limits: ratesOf(id, destination.rate, channels.get(destination.channel), catalog),
  };
}

/** The rates that it keeps to, by their names. */
function ratesOf(id: string, own: unknown, channel: Channel | undefined, catalog: Catalog): object {
  return {
    ...((own ?? channel?.rate) !== undefined && { destination: own ?? channel?.rate }),
    ...Object.fromEntries((channel?.scopeNames ?? []).map(({ name, ...rate }) => [name, rate])),
    ...Object.fromEntries(limitsOf(catalog, id).map((limit) => [`limit ${limit.id}`, limit.rate])),
  };
}

function contentOf(event: Event, id: string, known: Known) {
  const { catalog, matches, destinations, channels } = known;
  const match = matches.find((one) => one.destinations.includes(id));
  const name = isInbox(id) ? INBOX : destinations.get(id)?.channel;
  const template = known.template
    ? wordingFor(known.template, { channel: name, locale: match?.locales?.get(id) })
    : templateOf(matches, id, name, catalog);
  const channel = channels.get(name ?? '');
  return {
    ...(match?.route !== undefined && { route: match.route }),
    ...(match?.template !== undefined && !known.template && { template: match.template }),
    notification: render(event, template, channel?.payload),
  };
}
