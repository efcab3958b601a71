import { chatMessage } from './chat.js';
import { colorOf, h, link, list, paint, text } from './dom.js';
import { inline } from './markup.js';

const decode = (words) => words.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Slack's mrkdwn; `<url|words>` first, because the other marks may stand inside the words only. */
const RULES = [
  [/```([\s\S]+?)```/, ([, code]) => h('pre', {}, decode(code))],
  [/`([^`\n]+)`/, ([, code]) => h('code', {}, decode(code))],
  [
    /<(https?:[^|>]+|mailto:[^|>]+)(?:\|([^>]*))?>/,
    ([, url, words]) => link(decode(url), decode(words ?? url)),
  ],
  [
    /<([!@#][^>]*)>/,
    ([, mention]) => h('span.mention', {}, `@${mention.replace(/^[!@#]/, '').replace(/^[^|]*\|/, '')}`),
  ],
  [/(?<![\w*])\*([^*\n]+)\*(?![\w*])/, ([, words], read) => h('strong', {}, ...read(words))],
  [/(?<![\w_])_([^_\n]+)_(?![\w_])/, ([, words], read) => h('em', {}, ...read(words))],
  [/(?<![\w~])~([^~\n]+)~(?![\w~])/, ([, words], read) => h('s', {}, ...read(words))],
  [/^(?:&gt;|>) ?(.*)$/m, ([, words], read) => h('blockquote', {}, ...read(words))],
];

const mrkdwn = (source) => inline(source, RULES, decode);

const words = (object) => (object?.type === 'plain_text' ? [text(object.text)] : mrkdwn(text(object?.text)));

const BLOCKS = {
  header: (block) => h('h3', {}, ...words(block.text)),
  divider: () => h('hr'),
  section: (block) =>
    h(
      'div.section',
      {},
      block.text && h('p', {}, ...words(block.text)),
      list(block.fields).length > 0 &&
        h('div.fields', {}, ...list(block.fields).map((field) => h('p', {}, ...words(field)))),
      block.accessory && element(block.accessory),
    ),
  context: (block) => h('div.context', {}, ...list(block.elements).map(element)),
  actions: (block) => h('div.actions', {}, ...list(block.elements).map(element)),
  image: (block) => h('p.picture', {}, text(block.alt_text)),
  markdown: (block) => h('p', {}, ...mrkdwn(text(block.text).replaceAll('**', '*'))),
  rich_text: (block) => h('p', {}, richText(block.elements)),
};

function element(item) {
  if (item?.type === 'button') return h('span.button', {}, ...words(item.text));
  if (item?.type === 'image') return h('span.picture', {}, text(item.alt_text));
  return h('span', {}, ...words(item));
}

function richText(elements) {
  return list(elements)
    .map((item) => (item?.elements ? richText(item.elements) : text(item?.text ?? item?.url)))
    .join('');
}

const block = (item) => BLOCKS[item?.type]?.(item) ?? h('p.unknown', {}, `block ${text(item?.type)}`);

function attachment(item) {
  const inside =
    list(item?.blocks).length > 0
      ? item.blocks.map(block)
      : [
          item?.pretext && h('p', {}, ...mrkdwn(text(item.pretext))),
          item?.title && h('h4', {}, link(item.title_link, text(item.title))),
          item?.text && h('p', {}, ...mrkdwn(text(item.text))),
          list(item?.fields).length > 0 &&
            h(
              'div.fields',
              {},
              ...item.fields.map((field) =>
                h('p', {}, h('strong', {}, text(field?.title)), h('br'), ...mrkdwn(text(field?.value))),
              ),
            ),
          item?.footer && h('div.context', {}, text(item.footer)),
        ];
  const named = { good: '#2eb67d', warning: '#ecb22e', danger: '#e01e5a' }[item?.color];
  return paint(h('div.bar', {}, ...inside), named ?? colorOf(item?.color));
}

/** A message as a Slack channel would show it. */
export function slack(message) {
  const { body } = message;
  const blocks = list(body?.blocks).map(block);
  const content = blocks.length > 0 ? blocks : [body?.text && h('p', {}, ...mrkdwn(text(body.text)))];
  return chatMessage('slack', message, ...content, ...list(body?.attachments).map(attachment));
}
