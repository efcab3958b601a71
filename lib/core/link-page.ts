import { createHash } from 'node:crypto';
import { escapeHtml } from './escape.ts';

/** What a page behind a link shows. Plain text throughout. */
export interface LinkPage {
  readonly title: string;
  readonly lines: readonly string[];
  /** What a press posts, as the field `action` of a form. */
  readonly button?: { readonly action: string; readonly label: string };
}

const STYLE = [
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem;color:#222;background:#fff}',
  'h1{font-size:1.4rem;overflow-wrap:anywhere}p{overflow-wrap:anywhere}',
  'button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.4rem;color:#fff;background:#1a5fb4;cursor:pointer}',
  '@media(prefers-color-scheme:dark){body{color:#eee;background:#1c1c1c}}',
].join('');

/** Nothing runs, loads or frames this, only we get what it posts, and no search engine keeps it. */
export const LINK_PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-robots-tag': 'noindex, nofollow',
} as const;

/** A page that needs no script; its form posts to where the page came from. */
export function linkPage({ title, lines, button }: LinkPage): string {
  const heading = escapeHtml(title);
  const form =
    button &&
    `<form method="post"><button name="action" value="${escapeHtml(button.action)}">${escapeHtml(button.label)}</button></form>`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer">',
    `<title>${heading}</title><style>${STYLE}</style></head>`,
    `<body><main><h1>${heading}</h1>`,
    ...lines.map((line) => `<p>${escapeHtml(line)}</p>`),
    form,
    '</main></body></html>',
  ]
    .filter(Boolean)
    .join('\n');
}
