import type { Template, Wording } from './catalog.ts';

/** Whom a message is for. */
export interface Audience {
  /** Absent: its destination stands in the catalog no more. */
  readonly channel?: string | undefined;
  /** BCP 47. */
  readonly locale?: string | undefined;
}

/** Templates live as long as their catalog snapshot, and so does what was made of them. */
const made = new WeakMap<Template, Map<string, Template>>();

/**
 * A template as it reads for an audience. Title and text are looked up each by itself: first in the locale (`de-AT`,
 * then `de`), there first for the channel; then without a locale, again first for the channel.
 */
export function wordingFor(template: Template, { channel = '', locale = '' }: Audience): Template {
  const { channels, locales, ...plain } = template;
  if (!channels && !locales) return template;
  const known = made.get(template) ?? new Map<string, Template>();
  made.set(template, known);
  const key = `${channel} ${locale.toLowerCase()}`;
  const found = known.get(key) ?? chosen(plain, wordingsOf(template, channel, locale), key);
  known.set(key, found);
  return found;
}

function chosen({ id }: Template, wordings: readonly Wording[], key: string): Template {
  const title = wordings.find((one) => one.title !== undefined)?.title;
  const text = wordings.find((one) => one.text !== undefined)?.text;
  return { id: `${id} ${key}`, ...(title !== undefined && { title }), ...(text !== undefined && { text }) };
}

/** The closest first. */
function wordingsOf(template: Template, channel: string, locale: string): Wording[] {
  const byLocale = new Map(
    Object.entries(template.locales ?? {}).map(([name, one]) => [name.toLowerCase(), one]),
  );
  const levels = [...fallbacksOf(locale.toLowerCase()).flatMap((name) => byLocale.get(name) ?? []), template];
  return levels.flatMap(({ channels, ...own }) => {
    const special = channels && Object.hasOwn(channels, channel) ? channels[channel] : undefined;
    return special ? [special, own] : [own];
  });
}

/** `zh-hant-tw`, `zh-hant`, `zh`. */
function fallbacksOf(locale: string): string[] {
  const parts = locale.split('-');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'));
}
