import { type Catalog, type Template, baseOf } from '../../core/catalog.ts';
import { INBOX, isInbox } from '../../core/destination-id.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Event, Lane } from '../../core/event.ts';
import { type Pair, listedIn, pairsIn } from '../../core/fan-out.ts';
import { incidentOf } from '../../core/incident.ts';
import { type Links, linksOf } from '../../core/links.ts';
import type { EventPack, QueueRecord } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { Notification } from '../../core/notification.ts';
import { render } from '../../core/render.ts';
import { retentionOf } from '../../core/retention.ts';
import { namesLinks } from '../../core/template.ts';
import { wordingFor } from '../../core/wording.ts';
import type { RouteMatch } from '../../core/route.ts';
import { tellsOfEscalated } from '../escalate.ts';
import { heldOf } from '../hold/held-of.ts';
import type { Held } from '../hold/seat.ts';
import type { Routed } from './route.ts';

export interface PlanDeps {
  /** Whether the channel's notifications carry the event's data. */
  readonly payloadOf: (channel: string) => 'text' | 'event';
  /** More deliveries than this are split over several invocations; absent: `MAX_DELIVERIES`. */
  readonly maxDeliveries?: number;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

export const MAX_DELIVERIES = 2_000;

/** One delivery to be made, and the message it descends from. */
export interface Planned {
  readonly source: string;
  readonly tenant: string;
  readonly destination: string;
  readonly channel: string | undefined;
  readonly lane: Lane;
  readonly delivery: Delivery;
  /** What it stays in order with. */
  readonly order: string | undefined;
}

/** What of a pack was too much for one invocation. */
export interface Rest {
  readonly record: QueueRecord;
  readonly pack: EventPack;
}

/** What of some packs one invocation does. */
export interface Cut {
  readonly planned: readonly Planned[];
  readonly held: readonly Held[];
  readonly rest: readonly Rest[];
}

/** Makes the deliveries that the records list; beyond the limit of one invocation, packs go back with a cursor. */
export function cutAtLimit(routed: readonly Routed[], deps: PlanDeps): Cut {
  const { maxDeliveries = MAX_DELIVERIES } = deps;
  const planned: Planned[] = [];
  const held: Held[] = [];
  const rest: Rest[] = [];
  for (const one of routed) {
    const { record, pack } = one;
    const from = pack.cursor ?? 0;
    const pairs = pairsOf(one, deps);
    const to = Math.min(pairs.length, from + maxDeliveries - planned.length - held.length);
    const made = makeDeliveries(one, pairs.slice(from, to), deps);
    planned.push(...made.planned);
    held.push(...made.held);
    if (to < pairs.length) rest.push({ record, pack: { ...pack, cursor: to, hops: (pack.hops ?? 0) + 1 } });
  }
  return { planned, held, rest };
}

function pairsOf({ pack, fanOuts }: Routed, { telemetry }: PlanDeps): Pair[] {
  const listed = listedIn(pack, fanOuts);
  if (pack.cursor === undefined) {
    for (const { destinations, held, suppressed } of listed) {
      if (destinations.length + held.length + suppressed === 0) telemetry.add('NoRoute');
      if (suppressed > 0) telemetry.add('Discarded', suppressed);
    }
  }
  return pairsIn(listed);
}

function makeDeliveries(routed: Routed, pairs: readonly Pair[], deps: PlanDeps): Omit<Cut, 'rest'> {
  const { record, pack, catalog, matches, makeLink } = routed;
  const since = deps.now();
  const renderOnce = rendering();
  const planned: Planned[] = [];
  const held: Held[] = [];
  for (const { event, destination, mode, waits } of pairs) {
    const channel = isInbox(destination) ? INBOX : baseOf(catalog, destination)?.channel;
    const payload = channel === undefined ? 'text' : deps.payloadOf(channel);
    const match = matches.get(event.id)?.find((one) => one.destinations.includes(destination));
    const template = templateOf(matches.get(event.id), destination, channel, catalog);
    // A group is acknowledged when it is told.
    const isEscalated = (match?.escalate !== undefined && !match.group) || tellsOfEscalated(event, catalog);
    const links = makeLink && linksOf({ event, destination, isEscalated }, makeLink);
    const notification = renderOnce(event, template, payload, links);
    const common = { source: record.messageId, channel };
    const incident = incidentOf(event, since);
    const options = {
      ...(mode && { mode }),
      ...retentionOf(event),
      ...expiryOf(event),
      ...(incident && { incident }),
    };
    if (waits) {
      const found = { event, destination, match, options, notification };
      held.push({ ...heldOf(pack.tenant, found, catalog, since), ...common, content: notification });
      continue;
    }
    planned.push({
      ...common,
      tenant: pack.tenant,
      destination,
      // What stays in order overtakes nothing.
      lane: pack.order === undefined ? event.lane : 'normal',
      order: pack.order,
      delivery: { notification, n: 1, since, ...options },
    });
  }
  return { planned, held };
}

/** A time that cannot be read counts as none. */
export function expiryOf({ expiresAt = '' }: Event): Pick<Delivery, 'expiresAtMs'> {
  const expiresAtMs = Date.parse(expiresAt);
  return Number.isNaN(expiresAtMs) ? {} : { expiresAtMs };
}

/**
 * Renders each event once per template and payload, however many destinations hear of it, unless the template shows
 * links, which are everybody's own.
 */
function rendering() {
  const done = new Map<string, Notification>();
  return (
    event: Event,
    template: Template | undefined,
    payload: 'text' | 'event',
    links?: Links,
  ): Notification => {
    if (links && [template?.title, template?.text].some((text) => text !== undefined && namesLinks(text)))
      return render(event, template, payload, links);
    const key = `${event.id}#${payload}#${template?.id ?? ''}`;
    const notification = done.get(key) ?? render(event, template, payload);
    done.set(key, notification);
    return links ? { ...notification, links } : notification;
  };
}

/** The template of the route that leads to the destination, as it reads there. */
export function templateOf(
  matches: readonly RouteMatch[] = [],
  destination: string,
  channel: string | undefined,
  catalog: Catalog,
): Template | undefined {
  const match = matches.find(({ destinations }) => destinations.includes(destination));
  const template = match?.template === undefined ? undefined : catalog.templates.get(match.template);
  return template && wordingFor(template, { channel, locale: match?.locales?.get(destination) });
}
