import { clock, h, link, list, text } from './dom.js';

const URL = /(https?:\/\/\S+)/;

/** Plain text in which a chat makes addresses into links. */
const linked = (source) => source.split(URL).map((part, i) => (i % 2 === 1 ? link(part, part) : part));

/** Messages as a LINE chat would show them. */
export function line({ body, at }) {
  const bubble = (message) =>
    h('div.bubble', {}, h('p', {}, ...linked(text(message?.text))), h('time', {}, clock(at)));
  return h('div.line', {}, ...list(body?.messages).map(bubble));
}
