import { clean, escapeHtml, headerText } from './escape.ts';
import { LINK_WORDS, footerOf, linkOf, lookOf } from './look.ts';
import type { Notification } from './notification.ts';
import { truncate } from './text.ts';

/** A notification as an e-mail: what the reader's program shows is up to that program. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Further headers; none of their values has a line break. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** "No more than 870 characters" (SES API v2, MessageHeader), and RFC 5322 2.1.1 ends a line at 998. */
const MAX_HEADER = 870;

/** RFC 5322 2.1.1 ends a line at 998 characters; what people can read ends far below. */
const MAX_SUBJECT = 250;

export function mailOf(notification: Notification, maxText: number): Mail {
  const { label, color } = lookOf(notification);
  const title = headerText(notification.title) || notification.topic;
  const text = truncate(clean(notification.text), maxText);
  const footer = headerText(footerOf(notification));
  const url = linkOf(notification);
  const href = escapeHtml(url ?? '');
  const { acknowledge, unsubscribe } = notification.links ?? {};
  const html = [
    `<div style="border-left:4px solid ${color};padding:4px 16px;font-family:sans-serif">`,
    label && `<p style="color:${color};font-size:12px;margin:0">${label}</p>`,
    `<h2 style="font-size:18px;margin:4px 0 12px">${escapeHtml(title)}</h2>`,
    `<div style="white-space:pre-wrap">${escapeHtml(text)}</div>`,
    acknowledge && `<p>${htmlLink(acknowledge, LINK_WORDS.acknowledge)}</p>`,
    url && `<p><a href="${href}">${href}</a></p>`,
    `<p style="color:#757575;font-size:12px">${escapeHtml(footer)}${
      unsubscribe ? ` · ${htmlLink(unsubscribe, LINK_WORDS.unsubscribe)}` : ''
    }</p>`,
    '</div>',
  ];
  return {
    subject: truncate(label ? `[${label}] ${title}` : title, MAX_SUBJECT),
    text: [
      text,
      acknowledge && `${LINK_WORDS.acknowledge}: ${acknowledge}`,
      url,
      `-- \n${footer}${unsubscribe ? `\n${LINK_WORDS.unsubscribe}: ${unsubscribe}` : ''}`,
    ]
      .filter(Boolean)
      .join('\n\n'),
    html: html.filter(Boolean).join('\n'),
    ...listHeaders(unsubscribe),
  };
}

function htmlLink(url: string, word: string): string {
  return `<a href="${escapeHtml(url)}">${word}</a>`;
}

/**
 * One click in the reader's program: it posts to the URL (RFC 8058), which has to be https there, and both headers have
 * to be covered by the DKIM signature of whoever sends the mail.
 */
function listHeaders(unsubscribe: string | undefined): Pick<Mail, 'headers'> {
  const list = `<${unsubscribe}>`;
  if (unsubscribe === undefined || list.length > MAX_HEADER) return {};
  return {
    headers: { 'List-Unsubscribe': list, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  };
}
