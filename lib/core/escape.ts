/**
 * Notifications are plain text; each provider reads something else into some of its characters. Escape first,
 * then `truncate` or `split` (`text.ts`): these never cut an escape apart.
 */

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** E-mail HTML, text and attribute values alike. */
export function escapeHtml(text: string): string {
  return clean(text).replace(/[&<>"']/g, (character) => HTML[character] ?? '');
}

/**
 * Slack: `&`, `<` and `>` are what starts mentions, channels and disguised links
 * (docs.slack.dev/messaging/formatting-message-text). Style characters stay; they can hide nothing.
 */
export function escapeSlack(text: string): string {
  return clean(text).replace(/[&<>]/g, (character) => HTML[character] ?? '');
}

/** Between white space, without the punctuation that ends a sentence; in text that is already escaped. */
const BARE_URL = /(?<=^|\s)https?:\/\/(?:(?!&[lg]t;)[^\s|]){1,500}(?<![.,:!?)])(?=[.,:!?)]*(?:$|\s))/g;

/**
 * Slack text whose bare URLs can be clicked. For text objects that are `verbatim`, in which Slack itself
 * links nothing, neither URLs nor names of people (docs.slack.dev text object).
 */
export function escapeSlackWithLinks(text: string): string {
  return escapeSlack(text).replace(BARE_URL, '<$&>');
}

/**
 * Telegram's HTML mode (core.telegram.org/bots/api#html-style). A word joiner after `@` keeps `@name` from
 * notifying whoever bears that name; there is no switch for it.
 */
export function escapeTelegram(text: string): string {
  return clean(text)
    .replace(/[&<>"]/g, (character) => HTML[character] ?? '')
    .replace(/(?<!\w)@(?=\w)/g, '@\u2060');
}

/**
 * Discord Markdown: a backslash takes the meaning from any punctuation. URLs stay as they are, or they could
 * not be clicked; they end before every character that means something.
 */
export function escapeDiscord(text: string): string {
  return clean(text).replace(
    /(https?:\/\/[^\s<>()[\]|*~`\\]+)|[\\*_~`|<>[\]()#@:-]/g,
    (found, url?: string) => url ?? `\\${found}`,
  );
}

/** One line for a header field: a line break would begin another header. */
export function headerText(text: string): string {
  return clean(text).replace(/\s+/g, ' ').trim();
}

/** Text that every provider can carry: whole characters, `\n` line breaks, no control characters but tabs. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/(?![\t\n])\p{Cc}/gu, '');
}
