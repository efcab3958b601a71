import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clean,
  escapeDiscord,
  escapeHtml,
  escapeSlack,
  escapeSlackWithLinks,
  escapeTelegram,
  headerText,
} from '../../lib/core/escape.ts';

describe('escaping', () => {
  test.each([
    [
      'e-mail HTML',
      escapeHtml,
      `<a href="x" on='y'>&amp;`,
      '&lt;a href=&quot;x&quot; on=&#39;y&#39;&gt;&amp;amp;',
    ],
    ['Slack mentions', escapeSlack, '<!channel> & <@U1>', '&lt;!channel&gt; &amp; &lt;@U1&gt;'],
    ['Slack entities, once and not twice', escapeSlack, '&lt;', '&amp;lt;'],
    ['Telegram tags', escapeTelegram, '<b>"x"</b> & y', '&lt;b&gt;&quot;x&quot;&lt;/b&gt; &amp; y'],
    ['Telegram mentions', escapeTelegram, '@alice root@host', '@\u2060alice root@host'],
    [
      'Discord Markdown',
      escapeDiscord,
      '**a** [b](c) <@1> _d_',
      '\\*\\*a\\*\\* \\[b\\]\\(c\\) \\<\\@1\\> \\_d\\_',
    ],
    [
      'Discord but not its URLs',
      escapeDiscord,
      'https://x.example/a_b_c?d=1 e_f',
      'https://x.example/a_b_c?d=1 e\\_f',
    ],
    ['Discord masked links', escapeDiscord, '[x](https://evil.example)', '\\[x\\]\\(https://evil.example\\)'],
    ['line breaks in headers', headerText, 'a\r\nBcc: b\n\n c\td\u2028e', 'a Bcc: b c d e'],
    ['control characters', clean, 'a\0b\u0007c\u009dd\te\nf\r\ng', 'abcd\te\nf\ng'],
    ['half characters', clean, 'a\ud800b', 'a\ufffdb'],
  ] as const)('takes the meaning from %s', (_, escape, raw, escaped) => {
    expect(escape(raw)).toBe(escaped);
  });

  test.each([
    ['see https://x.example/a?b=1&c=2.', 'see <https://x.example/a?b=1&amp;c=2>.'],
    ['https://x.example\nhttps://y.example/', '<https://x.example>\n<https://y.example/>'],
    ['<https://evil.example|bank>', '&lt;https://evil.example|bank&gt;'],
    ['https://x.example|bank', 'https://x.example|bank'],
    ['xhttps://x.example', 'xhttps://x.example'],
    ['https://x.example/?a&', '<https://x.example/?a&amp;>'],
    ['https://x.example> b', 'https://x.example&gt; b'],
  ])('makes bare URLs clickable for Slack: %s', (raw, escaped) => {
    expect(escapeSlackWithLinks(raw)).toBe(escaped);
  });

  test('leaves in Slack nothing that it would read but bare links', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('<', '>', '|', ' ', 'https://', '&', '!channel'), fc.string())),
        (parts) => {
          const left = escapeSlackWithLinks(parts.join('')).replace(/<https?:\/\/[^<>|\s]+>/g, '');
          expect(left).not.toMatch(/[<>]/);
          expect(escapeSlack(parts.join(''))).not.toMatch(/[<>]/);
        },
      ),
    );
  });
});
