import { clock, h, text } from './dom.js';
import { discord } from './discord.js';
import { email } from './email.js';
import { line } from './line.js';
import { pagerduty } from './pagerduty.js';
import { slack } from './slack.js';
import { telegram } from './telegram.js';
import { json, webhook } from './webhook.js';

/** How each channel looks; a channel without an entry shows its parsed body. */
const LOOKS = { slack, discord, telegram, line, pagerduty, email, webhook };

// More of a request than this is not read by eye.
const RAW_SHOWN = 20_000;

function looks(entry) {
  try {
    if (entry.body === null && entry.channel !== 'webhook')
      return h('pre.json', {}, text(entry.raw).slice(0, RAW_SHOWN));
    return (LOOKS[entry.channel] ?? (({ body }) => json(body)))(entry);
  } catch {
    // A malformed message is what some refusals are about: show what came.
    return json(entry.body);
  }
}

function request({ path, transport, headers, raw, rawEncoding }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const note = rawEncoding === 'base64' ? '(not UTF-8, shown in base64)\n' : '';
  const cut = raw.length > RAW_SHOWN ? `\n… ${raw.length - RAW_SHOWN} more characters in inbox.json` : '';
  return h(
    'details.request',
    {},
    h('summary', {}, 'Request'),
    h(
      'pre',
      {},
      `${transport === 'smtp' ? '' : 'POST '}${path}\n${transport === 'smtp' ? '' : `${lines.join('\n')}\n`}\n${note}${raw.slice(0, RAW_SHOWN)}${cut}`,
    ),
  );
}

/** One received message with its verdict, as its last change left it. */
export function card(entry) {
  const { channel, destination, at, verdict, why, status, edits = [] } = entry;
  const last = edits.at(-1);
  const refused = verdict === 'refused';
  return h(
    `article.card.${channel.replaceAll(/[^\w-]/g, '')}${refused ? '.refused' : ''}`,
    { 'data-id': entry.id },
    h(
      'header',
      {},
      h('span.badge', { 'aria-hidden': 'true' }),
      h('strong', {}, channel),
      h('span.destination', { title: destination }, destination),
      h('span.status', { title: 'Answered with' }, status === null ? 'no answer' : String(status)),
      last &&
        h(
          'span.edited',
          { title: `last at ${last.at}` },
          edits.length === 1 ? 'edited' : `edited ${edits.length} times`,
        ),
      h('time', { datetime: at, title: at }, clock(at)),
    ),
    refused && h('p.why', {}, h('strong', {}, 'Refused'), ` ${text(why)}`),
    h('div.content', {}, looks(last ? { ...entry, body: last.body } : entry)),
    request(entry),
  );
}
