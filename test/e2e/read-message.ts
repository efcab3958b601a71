import type { Shown } from './expected.ts';
import type { Received } from './rig.ts';

type Json = Readonly<Record<string, unknown>>;
/** The time at the end of the line below the text. */
const TIME = / · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/;

/** Reads a request as its provider would show it; throws when it has not the shape that provider asks for. */
export function readMessage({ channel, body }: Received): Shown {
  const read = READERS[channel];
  if (!read) throw new Error(`no channel ${channel}`);
  return read(body as Json);
}

const READERS: Readonly<Record<string, (body: Json) => Shown>> = {
  slack({ blocks, text: fallback, unfurl_links: unfurl }) {
    const [header, section, context, ...more] = blocks as readonly {
      readonly type: string;
      readonly text: { readonly type: string; readonly text: string };
      readonly elements: readonly { readonly text: string }[];
    }[];
    const types = [header?.type, section?.type, context?.type, section?.text.type];
    check(types.join(' ') === 'header section context mrkdwn' && more.length === 0, blocks);
    const [title = '', text = ''] = [header?.text.text, section?.text.text].map(plain);
    check(plain(String(fallback)) === `${title}\n${text}` && unfurl === false, fallback);
    return [title, text, about(plain(context?.elements[0]?.text ?? '').replace(/^<[^|]*\|Open> · /, ''))];
  },

  discord({ embeds, allowed_mentions: mentions }) {
    const [{ title, description, color, footer }, ...more] = embeds as [
      { title: string; description: string; color: number; footer: { text: string } },
    ];
    check(more.length === 0 && JSON.stringify(mentions) === '{"parse":[]}', mentions);
    const [shownTitle = '', text = ''] = [title, description].map((one) =>
      one.replaceAll(/\\([^\w\s])/g, '$1'),
    );
    return [shownTitle, text, about(footer.text), `#${color.toString(16).padStart(6, '0')}`];
  },

  telegram({ text, parse_mode: mode, chat_id: chat }) {
    check(mode === 'HTML' && /^\d+$/.test(String(chat)), mode);
    const parts =
      /^<b>(?<title>[^<]*)<\/b>\n\n(?<text>[^<]*)\n\n(?:<a href="[^"]*">Open<\/a> · )?<i>(?<foot>[^<]*)<\/i>$/;
    const { title, text: shown, foot } = parts.exec(String(text))?.groups ?? {};
    return [plain(title), plain(shown), about(plain(foot))];
  },

  pagerduty({ event_action: action, dedup_key: key, payload }) {
    const { summary, source, severity, timestamp, custom_details: details } = payload as Json;
    check(Boolean(key) && Boolean(source) && !Number.isNaN(Date.parse(String(timestamp))), payload);
    const { text, topic, subject, source: from } = details as Json;
    const line = [topic, subject, from].filter(Boolean).join(' · ');
    return [String(summary), String(text), line, String(severity), String(action)];
  },

  email({ from, to, subject, text, html }) {
    check(from === 'fanfare@example.com' && to === 'team@example.com', [from, to]);
    const [shown = '', foot = ''] = String(text).replaceAll('\r\n', '\n').split('\n\n-- \n');
    const colour = /border-left:4px solid (#[\da-f]{6})/.exec(String(html))?.[1] ?? '';
    return [String(subject), shown.replace(/\n\nhttps:\S*$/, ''), about(foot), colour];
  },

  webhook({ type, subject, source, title, text, severity = '', status = '', data, timestamp }) {
    check(typeof data === 'object' && !Number.isNaN(Date.parse(String(timestamp))), data);
    const line = [type, subject, source].filter(Boolean).join(' · ');
    return [String(title), String(text), line, String(severity), String(status)];
  },
};

function check(holds: boolean, found: unknown): void {
  if (!holds) throw new Error(`not as the provider asks for it: ${JSON.stringify(found)}`);
}

function about(footer: string): string {
  check(TIME.test(footer), footer);
  return footer.replace(TIME, '');
}

function plain(text = ''): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
