import { chatMessage } from './chat.js';
import { colorOf, h, link, list, paint, text } from './dom.js';
import { inline } from './markup.js';

/** Discord's Markdown, as far as notifications use it. A backslash takes a mark its meaning. */
const RULES = [
  [/\\([\\*_~`|>#[\]()<@:+.!-])/, ([, mark]) => mark],
  [/```(?:\w+\n)?([\s\S]+?)```/, ([, code]) => h('pre', {}, code)],
  [/`([^`\n]+)`/, ([, code]) => h('code', {}, code)],
  [/\[([^\]\n]+)\]\(<?(https?:[^\s)>]+)>?\)/, ([, words, url], read) => link(url, ...read(words))],
  [/<?(https?:\/\/[^\s<>)]+)>?/, ([, url]) => link(url, url)],
  [/\*\*([^*\n]+)\*\*/, ([, words], read) => h('strong', {}, ...read(words))],
  [/__([^_\n]+)__/, ([, words], read) => h('u', {}, ...read(words))],
  [/~~([^~\n]+)~~/, ([, words], read) => h('s', {}, ...read(words))],
  [/(?<![\w*])\*([^*\n]+)\*(?!\*)/, ([, words], read) => h('em', {}, ...read(words))],
  [/(?<![\w_])_([^_\n]+)_(?![\w_])/, ([, words], read) => h('em', {}, ...read(words))],
  [/^#{1,3} (.+)$/m, ([, words], read) => h('strong.heading', {}, ...read(words))],
  [/^> ?(.*)$/m, ([, words], read) => h('blockquote', {}, ...read(words))],
];

const markdown = (source) => inline(text(source), RULES);

function embed(item) {
  const field = ({ name, value, inline: narrow }) =>
    h(narrow ? 'div.narrow' : 'div', {}, h('strong', {}, ...markdown(name)), h('p', {}, ...markdown(value)));
  const stamp =
    item?.timestamp && !Number.isNaN(Date.parse(item.timestamp)) && new Date(item.timestamp).toLocaleString();
  const foot = [text(item?.footer?.text), stamp].filter(Boolean).join(' • ');
  return paint(
    h(
      'div.embed',
      {},
      item?.author?.name && h('p.author', {}, text(item.author.name)),
      item?.title && h('h4', {}, link(item.url, ...markdown(item.title))),
      item?.description && h('p', {}, ...markdown(item.description)),
      list(item?.fields).length > 0 && h('div.fields', {}, ...item.fields.filter(Boolean).map(field)),
      foot && h('p.foot', {}, foot),
    ),
    colorOf(item?.color),
  );
}

/** A message as a Discord channel would show it. */
export function discord(message) {
  const { body } = message;
  const content = body?.content && h('p', {}, ...markdown(body.content));
  return chatMessage('discord', message, content, ...list(body?.embeds).map(embed));
}
