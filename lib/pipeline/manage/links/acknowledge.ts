import { personOf } from '../../../core/destination-id.ts';
import type { Link } from '../../../core/link.ts';
import type { LinkPage } from '../../../core/link-page.ts';
import type { EscalationState } from '../../../core/escalation.ts';
import { render } from '../../../core/render.ts';
import type { AcknowledgeDeps } from '../acknowledge.ts';
import { notFound } from '../endpoint.ts';
import { acknowledgeAll, incidentsOf } from '../incidents.ts';

/** What is to be acknowledged, and how it stands; `isPressed`: after somebody has taken care. */
export async function acknowledgePage(
  { tenant, event: id, destination }: Link,
  isPressed: boolean,
  deps: AcknowledgeDeps,
): Promise<LinkPage> {
  const event = await deps.findBody(tenant, id);
  if (!event) throw notFound();
  const seen = await incidentsOf(tenant, event, deps);
  const by = personOf(destination) ?? destination;
  const incidents = isPressed ? await acknowledgeAll(tenant, seen, by, deps) : seen;
  const known = incidents.map(({ state }) => state);
  const { title } = render(event);
  const open = known.some(({ state }) => state === 'open');
  return {
    title,
    lines: [`${event.topic} · ${timeOf(Date.parse(event.time))}`, standingOf(known)],
    ...(open && { button: { action: 'acknowledge', label: 'Acknowledge' } }),
  };
}

function standingOf(known: readonly EscalationState[]): string {
  if (known.some(({ state }) => state === 'open'))
    return 'Nobody has acknowledged it. Whoever does takes care of it: nobody else is told.';
  const taken = known.find(({ state }) => state === 'acknowledged');
  if (!taken) return known.length > 0 ? 'It is over.' : 'Nobody else is told of it any more.';
  return `Acknowledged${taken.by === undefined ? '' : ` by ${taken.by}`} at ${timeOf(taken.at)}.`;
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
