import { parseBody, utf8Of } from './body.ts';
import type { Query, Stored } from './inbox.ts';
import { parseMail } from './mail.ts';

/** An inbox entry as `GET /inbox.json` shows it. */
export interface InboxEntry extends Pick<
  Stored,
  'id' | 'channel' | 'destination' | 'verdict' | 'transport' | 'path' | 'headers'
> {
  /** ISO 8601. */
  readonly at: string;
  readonly why?: string;
  /** Null: never answered. */
  readonly status: number | null;
  /** Bytes that are no UTF-8 cannot be a JSON string: they are given in base64. */
  readonly rawEncoding: 'utf8' | 'base64';
  readonly raw: string;
  /** What a client of the provider would read out of it. */
  readonly body: unknown;
}

export function viewOf(stored: Stored): InboxEntry {
  const { id, channel, destination, transport, path, atMs, headers, raw, verdict, why, status } = stored;
  const text = utf8Of(raw);
  return {
    id,
    channel,
    destination,
    at: new Date(atMs).toISOString(),
    verdict,
    ...(why !== undefined && { why }),
    status: status ?? null,
    transport,
    path,
    headers,
    rawEncoding: text === undefined ? 'base64' : 'utf8',
    raw: text ?? raw.toString('base64'),
    body: (transport === 'smtp' ? parseMail(raw) : parseBody(raw, headers['content-type'])) ?? null,
  };
}

/** Reads the filters of `GET /inbox.json`; a string says what is wrong with them. */
export function parseQuery(params: URLSearchParams): Query | string {
  const text = (name: string): string | undefined => params.get(name) ?? undefined;
  const after = text('after');
  const afterMs = after === undefined ? undefined : /^\d+$/.test(after) ? Number(after) : Date.parse(after);
  if (Number.isNaN(afterMs)) return 'after must be an ISO 8601 time or epoch milliseconds';
  const last = text('last') === undefined ? undefined : Number(text('last'));
  if (last !== undefined && !(Number.isInteger(last) && last > 0))
    return 'last must be a whole number above 0';
  return {
    channel: text('channel'),
    destination: text('destination'),
    verdict: text('verdict'),
    afterMs,
    last,
  };
}
