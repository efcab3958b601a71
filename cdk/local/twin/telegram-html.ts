/** What Telegram makes of a text in `parse_mode: HTML`: the text people see, or why it cannot be parsed. */
export type ParsedHtml = { readonly text: string } | { readonly error: string };

/** Source: core.telegram.org/bots/api, HTML style. */
const TAGS = new Set(
  'b strong i em u ins s strike del span tg-spoiler a code pre blockquote tg-emoji tg-time'.split(' '),
);
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

const TOKEN = /<(?<close>\/?)(?<name>[^\s>/]*)(?<rest>[^>]*)(?<end>>?)|&(?<entity>#?\w+);?|[^<&]+|[<&]/gu;

/** Parses Telegram's subset of HTML; offsets in errors are UTF-8 bytes, as the provider counts them. */
export function parseTelegramHtml(source: string): ParsedHtml {
  const open: string[] = [];
  let text = '';
  for (const match of source.matchAll(TOKEN)) {
    const { name, entity, close, end } = match.groups ?? {};
    const at = (): number => Buffer.byteLength(source.slice(0, match.index));
    if (entity !== undefined) {
      text += decodeEntity(entity) ?? match[0];
      continue;
    }
    if (name === undefined) {
      text += match[0];
      continue;
    }
    const tag = name.toLowerCase();
    if (end !== '>')
      return { error: `${close ? 'Unclosed end tag' : 'Unclosed start tag'} at byte offset ${at()}` };
    if (close) {
      const expected = open.pop();
      if (expected === undefined) return { error: `Unexpected end tag at byte offset ${at()}` };
      if (tag !== '' && tag !== expected) {
        return {
          error: `Unmatched end tag at byte offset ${at()}, expected "</${expected}>", found "</${tag}>"`,
        };
      }
    } else {
      if (!TAGS.has(tag)) return { error: `Unsupported start tag "${tag}" at byte offset ${at()}` };
      if (tag === 'span' && !/class\s*=\s*["']?tg-spoiler/.test(match.groups?.['rest'] ?? '')) {
        return { error: `Tag "span" must have class "tg-spoiler" at byte offset ${at()}` };
      }
      open.push(tag);
    }
  }
  const left = open.at(-1);
  return left === undefined ? { text } : { error: `Can't find end tag corresponding to start tag "${left}"` };
}

function decodeEntity(entity: string): string | undefined {
  if (!entity.startsWith('#')) return ENTITIES[entity];
  const code = /^#x/i.test(entity)
    ? Number.parseInt(entity.slice(2), 16)
    : Number.parseInt(entity.slice(1), 10);
  return Number.isInteger(code) && code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : undefined;
}
