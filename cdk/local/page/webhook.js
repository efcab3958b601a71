import { h, text } from './dom.js';

const JSON_TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Pretty JSON with its kinds of tokens marked. */
export function json(value) {
  const source = JSON.stringify(value, null, 2) ?? '';
  const nodes = [];
  let end = 0;
  for (const match of source.matchAll(JSON_TOKENS)) {
    const kind = match[2] ? 'key' : match[1] ? 'string' : match[3] ? 'word' : 'number';
    nodes.push(source.slice(end, match.index), h(`span.${kind}`, {}, match[1] ?? match[0]), match[2] ?? '');
    end = match.index + match[0].length;
  }
  return h('pre.json', {}, ...nodes, source.slice(end));
}

/** A signed request: what a receiver would check, then the payload. */
export function webhook({ headers, body, raw }) {
  const signed = Object.entries(headers).filter(([name]) => /^(?:webhook|ce|x-fanfare)-/.test(name));
  return h(
    'div.webhook',
    {},
    signed.length > 0 &&
      h('dl', {}, ...signed.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
    body === null ? h('pre.json', {}, text(raw)) : json(body),
  );
}
