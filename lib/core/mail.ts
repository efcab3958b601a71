import { clean, escapeHtml, headerText } from './escape.ts';
import { footerOf, linkOf, lookOf } from './look.ts';
import type { Notification } from './notification.ts';
import { truncate } from './text.ts';

/** A notification as an e-mail: what the reader's program shows is up to that program. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** RFC 5322 2.1.1 ends a line at 998 characters; what people can read ends far below. */
const MAX_SUBJECT = 250;

export function mailOf(notification: Notification, maxText: number): Mail {
  const { label, color } = lookOf(notification);
  const title = headerText(notification.title) || notification.topic;
  const text = truncate(clean(notification.text), maxText);
  const footer = headerText(footerOf(notification));
  const url = linkOf(notification);
  const href = escapeHtml(url ?? '');
  const html = [
    `<div style="border-left:4px solid ${color};padding:4px 16px;font-family:sans-serif">`,
    label && `<p style="color:${color};font-size:12px;margin:0">${label}</p>`,
    `<h2 style="font-size:18px;margin:4px 0 12px">${escapeHtml(title)}</h2>`,
    `<div style="white-space:pre-wrap">${escapeHtml(text)}</div>`,
    url && `<p><a href="${href}">${href}</a></p>`,
    `<p style="color:#757575;font-size:12px">${escapeHtml(footer)}</p>`,
    '</div>',
  ];
  return {
    subject: truncate(label ? `[${label}] ${title}` : title, MAX_SUBJECT),
    text: [text, url, `-- \n${footer}`].filter(Boolean).join('\n\n'),
    html: html.filter(Boolean).join('\n'),
  };
}
