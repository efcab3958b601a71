import { clock, h, link, text } from './dom.js';

/** The tags Telegram knows, by what shows them here. */
const TAGS = {
  b: 'strong',
  strong: 'strong',
  i: 'em',
  em: 'em',
  u: 'u',
  ins: 'u',
  s: 's',
  strike: 's',
  del: 's',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  span: 'span.spoiler',
  'tg-spoiler': 'span.spoiler',
};

/** Rebuilds the allowed tags from an inert document; everything else keeps only its text. */
function rebuild(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  const children = [...node.childNodes].flatMap(rebuild);
  const name = node.nodeName.toLowerCase();
  if (name === 'a') return link(node.getAttribute('href'), ...children);
  return TAGS[name] ? h(TAGS[name], {}, ...children) : children;
}

/** A message as a Telegram chat would show it. */
export function telegram({ body, at }) {
  const source = text(body?.text);
  const html = /^html$/i.test(text(body?.parse_mode));
  const content = html ? rebuild(new DOMParser().parseFromString(source, 'text/html').body) : [source];
  return h('div.telegram', {}, h('div.bubble', {}, h('p', {}, ...content), h('time', {}, clock(at))));
}
