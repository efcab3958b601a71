import type { Channel } from '../../../channel.ts';
import { type Catalog, limitsOf } from '../../../core/catalog.ts';
import { INBOX, isInbox } from '../../../core/destination-id.ts';
import { render } from '../../../core/render.ts';
import { wordingFor } from '../../../core/wording.ts';
import { templateOf } from '../../fan-out/plan.ts';
import type { Known } from './known.ts';

/** What would be said there, and which route says so. */
export function contentOf(id: string, { event, catalog, matches, destinations, channels, ...known }: Known) {
  const match = matches.find((one) => one.destinations.includes(id));
  const name = isInbox(id) ? INBOX : destinations.get(id)?.channel;
  const template = known.template
    ? wordingFor(known.template, { channel: name, locale: match?.locales?.get(id) })
    : templateOf(matches, id, name, catalog);
  return {
    ...(match?.route !== undefined && { route: match.route }),
    ...(match?.template !== undefined && !known.template && { template: match.template }),
    notification: render(event, template, channels.get(name ?? '')?.payload),
  };
}

/** The rates that a destination keeps to, by their names. */
export function ratesOf(id: string, own: unknown, channel: Channel | undefined, catalog: Catalog): object {
  return {
    ...((own ?? channel?.rate) !== undefined && { destination: own ?? channel?.rate }),
    ...Object.fromEntries((channel?.scopeNames ?? []).map(({ name, ...rate }) => [name, rate])),
    ...Object.fromEntries(limitsOf(catalog, id).map((limit) => [`limit ${limit.id}`, limit.rate])),
  };
}
