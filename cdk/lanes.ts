import type { BundleName } from './functions.ts';
import type { Settings } from './settings.ts';

/** Channels whose requests may need SMTP or SES, and so the bigger bundle and one more permission. */
const MAIL: ReadonlySet<string> = new Set(['email']);

/** A deliver queue: the key under which functions know it, and what it carries. */
export interface Lane {
  /** Key in FANFARE_DELIVER_QUEUES. */
  readonly key: string;
  /** Id of its constructs. Never renamed. */
  readonly id: string;
  readonly mail: boolean;
  readonly bundle: BundleName;
  readonly concurrency: number;
}

/** One lane for each dedicated channel, `http` for all others, even ones unknown by now, `urgent` for all. */
export function lanes({ channels, dedicated, concurrency }: Settings): Lane[] {
  const shared = channels.filter((channel) => !dedicated.includes(channel));
  const lane = (key: string, carries: readonly string[]): Lane => {
    const mail = carriesMail(carries);
    return {
      key,
      id: `Deliver${key.charAt(0).toUpperCase()}${key.slice(1)}`,
      mail,
      bundle: mail ? 'deliver-mail' : 'deliver',
      concurrency: concurrency.by[key] ?? concurrency.deliver,
    };
  };
  return [
    ...dedicated.map((channel) => lane(channel, [channel])),
    lane('http', shared),
    lane('urgent', channels),
  ];
}

export function carriesMail(channels: readonly string[]): boolean {
  return channels.some((channel) => MAIL.has(channel));
}
