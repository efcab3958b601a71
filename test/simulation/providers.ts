import { type HttpRequest, type OutboundRequest, defineChannel } from '../../lib/channel.ts';
import { type Reply, outcomeOf } from '../../lib/core/outcome.ts';
import type { Faults } from './faults.ts';
import { toldIn } from './merges.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Tell } from './trace.ts';
import type { World } from './world.ts';

/** A message as it reached a provider. */
export interface Arrival {
  readonly atMs: number;
  readonly tenant: string;
  readonly destination: string;
  readonly event: string;
  readonly title: string;
  readonly wireId: string;
  /** The message that it made or changed, where those have ids. */
  readonly message?: string | undefined;
  readonly isEdit: boolean;
  /** It stands among others in the message. */
  readonly isShared: boolean;
  /** The provider shows it to people, whatever it answered. */
  readonly accepted: boolean;
  readonly process: string;
}

/** A send as it was begun. */
export interface Send extends Pick<Arrival, 'atMs' | 'tenant' | 'destination' | 'event'> {
  /** When its answer was there; its begin, as long as it did not reach the provider. */
  readonly endMs: number;
}

/** `broken` answers 500 until it heals, `closed` 410 for ever, `strict` 400. */
export type Nature = 'healthy' | 'broken' | 'closed' | 'strict';

/** What one bot may send, to whomever. */
export const BOT_RATE = { limit: 12, perMs: 1_000 };
/** Waits between attempts; the last but one is beyond what a queue can delay, so that the due index has work. */
export const RETRY_MS = [4_000, 15_000, 40_000, 960_000, 60_000, 60_000, 60_000, 60_000];

/**
 * A channel like a chat: an own rate for each destination, and a bot that several share. Some can change a message, by
 * its id; to the others an old message would undo a newer one.
 */
export const chat = defineChannel({
  name: 'chat',
  title: 'Chat',
  fields: {
    url: { kind: 'url', about: 'where to' },
    bot: { kind: 'text', optional: true, about: 'whose limit it shares' },
    edits: { kind: 'boolean', optional: true, about: 'whether its messages can be changed' },
  },
  payload: 'text',
  scopes: [{ name: 'bot', key: ({ bot }) => bot, ...BOT_RATE, shared: true }],
  timeoutMs: 10_000,
  retryMs: RETRY_MS,
  newestOnly: true,
  request: ({ id, title, text }, { url }, { wireId }) => ({
    transport: 'http',
    method: 'POST',
    url,
    headers: {},
    body: JSON.stringify({ id, title, text, wireId }),
  }),
  edit: ({ url, edits }) =>
    edits
      ? {
          request: ({ id, title, text }, { wireId, providerId }) => ({
            transport: 'http',
            method: 'PATCH',
            url,
            headers: {},
            body: JSON.stringify({ id, title, text, wireId, message: providerId }),
          }),
          isLost: ({ status: code }) => code === 404,
        }
      : undefined,
  outcome: (reply, nowMs, { edits }) =>
    edits && reply.status === 200 ? { kind: 'delivered', providerId: reply.body } : outcomeOf(reply, nowMs),
});

/** Share of messages that somebody deletes. */
const DELETED = 0.05;

export interface ProvidersDeps {
  readonly world: World;
  readonly random: Random;
  readonly faults: () => Faults;
  readonly natureOf: (tenant: string, destination: string) => Nature;
  readonly tell: Tell;
  /** Hears of every send as it begins. */
  readonly onSend: (send: Send) => void;
}

function answerText(reply: Reply): string {
  return reply.kind === 'reply' ? String(reply.status) : reply.reason;
}

export function urlOf(tenant: string, destination: string): string {
  return `https://${destination}.${tenant}.example/`;
}

/** The body of a request. */
interface Sent {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly wireId: string;
  /** The message to change. */
  readonly message?: string;
}

interface Post {
  readonly reply: Reply;
  readonly takesMs: number;
  readonly accepted: boolean;
}

const status = (code: number, headers: Record<string, string> = {}, body = ''): Reply => ({
  kind: 'reply',
  status: code,
  headers,
  body,
});

/** A success names the message. */
function named(reply: Reply, message: string): Reply {
  return reply.kind === 'reply' && reply.status === 200 ? { ...reply, body: message } : reply;
}

/** The outside world: it remembers every message that reached it, and answers as it pleases. */
export function createProviders({ world, random, faults, natureOf, tell, onSend }: ProvidersDeps) {
  const arrivals: Arrival[] = [];
  const deletions = random.fork('deletions');
  const deleted = new Set<string>();
  let messages = 0;
  /** When each send was begun, per destination: what limits are judged by. */
  const sends: (Send & { endMs: number })[] = [];

  function answer(tenant: string, destination: string, timeoutMs: number): Post {
    const { refuses, acceptsAndFails, tooMany, hangs, resets } = faults();
    const nature = natureOf(tenant, destination);
    const quick = random.between(5, 300);
    if (nature === 'closed') return { reply: status(410), takesMs: quick, accepted: false };
    if (nature === 'strict') return { reply: status(400), takesMs: quick, accepted: false };
    if (nature === 'broken') return { reply: status(503), takesMs: quick, accepted: false };
    if (random.chance(tooMany))
      return {
        reply: status(429, { 'retry-after': String(random.whole(0, 4)) }),
        takesMs: quick,
        accepted: false,
      };
    if (random.chance(refuses)) return { reply: status(500), takesMs: quick, accepted: false };
    if (random.chance(acceptsAndFails)) return { reply: status(504), takesMs: quick, accepted: true };
    const silent = { kind: 'failure', started: true, detail: '' } as const;
    if (random.chance(hangs)) {
      return { reply: { ...silent, reason: 'timeout' }, takesMs: timeoutMs, accepted: random.chance(0.5) };
    }
    if (random.chance(resets)) {
      return { reply: { ...silent, reason: 'network' }, takesMs: quick, accepted: random.chance(0.5) };
    }
    return { reply: status(200), takesMs: quick, accepted: true };
  }

  /** What becomes of messages: a new one gets an id, one that was deleted cannot be changed. */
  function show(post: Post, changed: string | undefined): Post & { readonly message?: string } {
    if (changed !== undefined) {
      if (deletions.chance(DELETED)) deleted.add(changed);
      if (post.accepted && deleted.has(changed)) return { ...post, reply: status(404), accepted: false };
      return { ...post, message: changed, reply: named(post.reply, changed) };
    }
    if (!post.accepted) return post;
    const message = `m${++messages}`;
    return { ...post, message, reply: named(post.reply, message) };
  }

  return {
    arrivals,
    sends,
    /** The transport of one process. */
    postOf:
      (process: Process) =>
      async (request: OutboundRequest, { timeoutMs }: { readonly timeoutMs: number }) => {
        const { url, body } = request as HttpRequest;
        const [destination = '', tenant = ''] = new URL(url).hostname.split('.');
        const sent = JSON.parse(body) as Sent;
        const { id, wireId, message: changed } = sent;
        const told = toldIn(sent);
        const startedAt = process.now();
        const send = { atMs: world.now(), endMs: world.now(), tenant, destination, event: id };
        sends.push(send);
        onSend(send);
        tell(process.name, `sends ${id} to ${tenant}/${destination}`);
        let takesMs = 0;
        const reply = await process.exchange(
          `posts ${id} to ${tenant}/${destination}`,
          () => {
            const { accepted, message, ...given } = show(answer(tenant, destination, timeoutMs), changed);
            takesMs = given.takesMs;
            const atMs = world.now();
            send.endMs = atMs + takesMs;
            tell(
              `${tenant}/${destination}`,
              `${accepted ? 'accepts' : 'refuses'} ${id}${changed === undefined ? '' : ` in ${changed}`}, answers ${answerText(given.reply)}`,
            );
            const common = { atMs, tenant, destination, wireId, message, accepted, process: process.name };
            const isEdit = changed !== undefined;
            const isShared = told.length > 1;
            arrivals.push(...told.map((one) => Object.assign({}, common, one, { isEdit, isShared })));
            return given.reply;
          },
          () => takesMs,
        );
        return { reply, ms: process.now() - startedAt };
      },
  };
}

export type Providers = ReturnType<typeof createProviders>;
