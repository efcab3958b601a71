import { h, link, list, paint, text } from './dom.js';
import { json } from './webhook.js';

const COLORS = { critical: '#b71c1c', error: '#e53935', warning: '#fb8c00', info: '#1e88e5' };
const RESOLVED = '#43a047';

/** An event as the timeline of its incident would show it; the key says which incident that is. */
export function pagerduty({ body }) {
  const payload = body?.payload ?? {};
  const { summary, severity, custom_details: details, ...rest } = payload;
  const action = text(body?.event_action);
  const facts = Object.entries({ dedup_key: body?.dedup_key, ...rest }).filter(([, value]) => value);
  const color = action === 'resolve' ? RESOLVED : COLORS[text(severity)];
  return h(
    'div.pagerduty',
    {},
    paint(
      h(
        'div.embed',
        {},
        h('p.people', {}, action, h('span.app', {}, text(severity))),
        h('h4', {}, text(summary)),
        details?.text && h('p', {}, text(details.text)),
        h('dl', {}, ...facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, text(value))])),
        ...list(body?.links).map((each) => link(each?.href, text(each?.text) || text(each?.href))),
      ),
      color,
    ),
    details && h('details', {}, h('summary', {}, 'Details'), json(details)),
  );
}
