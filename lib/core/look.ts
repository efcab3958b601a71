import type { Notification } from './notification.ts';

/** How bad it is, at a glance: the same on every channel. */
export interface Look {
  readonly emoji: string;
  /** One word in capitals; empty when there is nothing to say. */
  readonly label: string;
  /** `#rrggbb`. */
  readonly color: string;
}

const LOOKS = {
  critical: { emoji: '🚨', label: 'CRITICAL', color: '#b71c1c' },
  error: { emoji: '🔴', label: 'ERROR', color: '#e53935' },
  warning: { emoji: '🟠', label: 'WARNING', color: '#fb8c00' },
  info: { emoji: '🔵', label: 'INFO', color: '#1e88e5' },
  debug: { emoji: '⚪', label: 'DEBUG', color: '#9e9e9e' },
} as const;

const RESOLVED: Look = { emoji: '✅', label: 'RESOLVED', color: '#43a047' };
const PLAIN: Look = { emoji: '', label: '', color: '#607d8b' };

/** What is over looks green, however bad it was. */
export function lookOf({ severity, status }: Pick<Notification, 'severity' | 'status'>): Look {
  if (status === 'resolved') return RESOLVED;
  return severity ? LOOKS[severity] : PLAIN;
}

/** The title behind its emoji, not escaped. */
export function headlineOf(notification: Notification): string {
  const { emoji } = lookOf(notification);
  const title = notification.title.trim() || notification.topic;
  return emoji ? `${emoji} ${title}` : title;
}

/** One line below the text: what it is about, where it comes from and when it happened; not escaped. */
export function footerOf({ topic, source, subject, time }: Notification): string {
  const at = `${time.slice(0, 19).replace('T', ' ')} UTC`;
  return [topic, subject, source, at].filter(Boolean).join(' · ');
}

const MAX_LINK = 2_048;

/** What people read on the links of a message, in its order. */
export const LINK_WORDS = { acknowledge: 'Acknowledge', unsubscribe: 'Unsubscribe' } as const;

/** The page to open, in a form without spaces, quotes or angle brackets; only http and https. */
export function linkOf({ url }: Pick<Notification, 'url'>): string | undefined {
  const link = url === undefined ? null : URL.parse(url);
  if (link === null || !/^https?:$/.test(link.protocol)) return undefined;
  const href = link.href.replace(/["'<>`\s]/g, encodeURIComponent).replaceAll("'", '%27');
  return href.length <= MAX_LINK ? href : undefined;
}
