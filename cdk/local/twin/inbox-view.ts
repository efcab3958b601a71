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
  /** Changes of the message that it made, oldest first. */
  readonly edits?: readonly Pick<InboxEntry, 'id' | 'at' | 'body'>[];
  /** It changed the message of this entry. */
  readonly edited?: number;
}

/** `history`: of its message, from the entry that made it. */
export function viewOf(stored: Stored, history: readonly Stored[] = []): InboxEntry {
  const { id, channel, destination, transport, path, atMs, headers, raw, verdict, why, status } = stored;
  const text = utf8Of(raw);
  const [first, ...edits] = history;
  const isFirst = first?.id === id;
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
    body: bodyOf(stored),
    ...(isFirst && edits.length > 0 && { edits: edits.map(editOf) }),
    ...(!isFirst && first && { edited: first.id }),
  };
}

function bodyOf({ transport, raw, headers }: Stored): unknown {
  return (transport === 'smtp' ? parseMail(raw) : parseBody(raw, headers['content-type'])) ?? null;
}

function editOf(stored: Stored): Pick<InboxEntry, 'id' | 'at' | 'body'> {
  return { id: stored.id, at: new Date(stored.atMs).toISOString(), body: bodyOf(stored) };
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
