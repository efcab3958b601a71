import { randomUUID } from 'node:crypto';
import { brotliCompressSync, constants, gunzipSync, brotliDecompressSync, gzipSync } from 'node:zlib';
import type { DeliveryView } from '../../../lib/core/views.ts';
import { newId } from '../../../lib/platform/ids.ts';
import { type Bench, type Case, repeated } from '../bench.ts';

const PIECES = Array.from({ length: 100 }, () => randomUUID());

/** What guides for other languages recommend, measured where this one runs. Some of it is not used for what came out. */
export const techniques: readonly Bench[] = [
  {
    name: 'techniques/text',
    rows: 'O16',
    about: 'a text of a hundred pieces: added up one by one, gathered in an array and joined',
    open: () => ({ cases: { added: building(added), joined: building(joined) } }),
  },
  {
    name: 'techniques/objects',
    rows: 'O05',
    about: 'an object of six members: made for each use, and one out of a pool that is used again',
    open: () => ({ cases: { fresh: filling(() => ({ ...EMPTY })), pooled: filling(fromPool()) } }),
  },
  {
    name: 'techniques/compression',
    rows: 'T21',
    about: 'a list of deliveries as JSON, compressed',
    seed: '10, 100, 1,000 KB: 75, 80, 85 % less in 5, 15, 50 ms',
    open: () => ({
      cases: Object.fromEntries(
        [10, 100, 1_000].flatMap((kb) => {
          const body = listing(kb * 1_000);
          return [
            [`${kb}KB-gzip`, compressing(body, gzipSync, gunzipSync)],
            [`${kb}KB-brotli-4`, compressing(body, brotli, brotliDecompressSync)],
          ];
        }),
      ),
    }),
  },
];

function added(): string {
  let text = '';
  for (const piece of PIECES) text += piece;
  return text;
}

function joined(): string {
  const parts: string[] = [];
  for (const piece of PIECES) parts.push(piece);
  return parts.join('');
}

/** Its bytes are asked for, since a text that was added up is put together only then. */
function building(build: () => string): Case {
  const bytes = () => Buffer.byteLength(build());
  return { check: () => bytes() === PIECES.length * 36, run: repeated(1_000, bytes) };
}

const EMPTY = { id: '', event: '', destination: '', attempt: 0, atMs: 0, done: false };

function filling(take: () => typeof EMPTY): Case {
  const fill = (n: number): typeof EMPTY =>
    Object.assign(take(), { id: 'a', event: 'b', destination: 'c', attempt: n, atMs: n, done: true });
  return { check: () => fill(7).attempt === 7, run: repeated(10_000, fill) };
}

function fromPool(): () => typeof EMPTY {
  const pool = Array.from({ length: 64 }, () => ({ ...EMPTY }));
  let next = 0;
  return () => Object.assign(pool[next++ % pool.length]!, EMPTY);
}

/** What `GET /v1/deliveries` answers, at least so long. */
function listing(bytes: number): Buffer {
  const items: DeliveryView[] = [];
  for (let length = 0; length < bytes; length += JSON.stringify(items.at(-1)).length + 1) {
    const event = newId();
    items.push({
      id: `${event}:one`,
      event,
      destination: 'one',
      channel: 'webhook',
      state: 'delivered',
      attempt: 1,
      since: new Date(1_795_600_000_000 + items.length * 977).toISOString(),
      changedAt: new Date(1_795_600_000_100 + items.length * 983).toISOString(),
    });
  }
  return Buffer.from(JSON.stringify({ items }));
}

/** Four of eleven: what is said to fit answers that are made while somebody waits. */
const brotli = (body: Buffer): Buffer =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });

function compressing(
  body: Buffer,
  deflate: (body: Buffer) => Buffer,
  inflate: (body: Buffer) => Buffer,
): Case {
  return {
    bytes: body.length,
    check: () => inflate(deflate(body)).equals(body),
    run: repeated(1, () => deflate(body)),
    also: () => ({ 'per cent less': 100 * (1 - deflate(body).length / body.length) }),
  };
}
