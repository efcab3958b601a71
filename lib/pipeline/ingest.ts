import { canonicalHash, derivedId } from '../core/canonical.ts';
import type { Event } from '../core/event.ts';
import { type Draft, MAX_EVENT_BYTES, completeEvent } from '../core/event-input.ts';
import { type EventRecord, type RecordWrite, type RequestRecord, isLive } from '../core/event-record.ts';
import { isoTime } from '../core/iso-time.ts';
import { type EventPack, type OutgoingMessage, packBySize } from '../core/message.ts';
import type { Telemetry } from '../core/metrics.ts';
import { type Problem, ProblemError, problem } from '../core/problem.ts';
import {
  type AlertKeys,
  type Records,
  type Verdict,
  judgeAlert,
  judgeEvent,
  latestReminders,
} from '../core/repeat.ts';
import { type Enqueue, enqueueAll } from './queues.ts';

export interface IngestDeps {
  readonly records: {
    readonly read: (
      tenant: string,
      ids: readonly string[],
      requestKey?: string,
    ) => Promise<{
      readonly events: ReadonlyMap<string, EventRecord>;
      readonly request: RequestRecord | undefined;
    }>;
    readonly write: (tenant: string, writes: readonly RecordWrite[]) => Promise<readonly boolean[]>;
  };
  readonly enqueue: Enqueue;
  /** URLs of the two event queues. */
  readonly queues: { readonly normal: string; readonly urgent: string };
  readonly telemetry: Telemetry;
  readonly now: () => number;
  /** A new unguessable id of `[A-Za-z0-9_-]`. */
  readonly newId: () => string;
  readonly repeatMs?: number;
}

/** One item of a post: a checked event to be, or why it is none. */
export type Item =
  | { readonly ok: true; readonly draft: Draft; readonly alert?: AlertKeys }
  | { readonly ok: false; readonly problem: Problem };

export interface Post {
  readonly tenant: string;
  readonly items: readonly Item[];
  readonly idempotencyKey?: string | undefined;
}

/** What became of one item. */
export type Receipt =
  | { readonly kind: 'accepted' | 'duplicate' | 'neverFiring'; readonly id: string }
  | { readonly kind: 'refused'; readonly problem: Problem };

export interface Receipts {
  /** In the order of the items. */
  readonly receipts: readonly Receipt[];
  /** The idempotency key was used before, for the same items. */
  readonly replayed: boolean;
}

/**
 * Takes events in: name them, look up what is known of them, judge each, enqueue the new ones, then record
 * what is in the queue. A record exists only after its event is safe, so a crash in between costs at most a
 * second copy, which the delivery claims stop (protocol section 3).
 * @throws ProblemError `idempotency-mismatch` for the whole post, `unavailable` when nothing can be looked up.
 */
export async function ingest(post: Post, deps: IngestDeps): Promise<Receipts> {
  const atMs = deps.now();
  const candidates = post.items.map((item, index) => candidateOf(item, index, post, atMs, deps));
  const named = candidates.filter((candidate) => candidate.kind === 'named');
  const request = requestOf(post);
  const known = await lookUp(post.tenant, named, request, deps);
  const replayed = isReplay(request, known.request, atMs);
  const judged = judgeAll(named, known.events, atMs, deps.repeatMs);
  const sent = await send(
    post.tenant,
    judged.flatMap((one) => freshOf(one, atMs)),
    deps,
  );
  const safe = await record(post.tenant, sent, atMs, deps);
  const receipts = receiptsOf(candidates, judged, safe);
  if (request && !replayed) await recordRequest(post.tenant, request, receipts, known.request, atMs, deps);
  return { receipts, replayed };
}

/** An event with its id, and the hash of what was posted. */
interface Named {
  readonly kind: 'named';
  readonly event: Event;
  readonly hash: string;
  readonly alert?: AlertKeys | undefined;
  /** The id is ours and new: nobody can have posted it before. */
  readonly isNew: boolean;
}

type Candidate = Named | Extract<Receipt, { kind: 'refused' }>;

function candidateOf(item: Item, index: number, post: Post, atMs: number, deps: IngestDeps): Candidate {
  if (!item.ok) return { kind: 'refused', problem: item.problem };
  const { draft, alert } = item;
  const derived = post.idempotencyKey && derivedId('ik', post.idempotencyKey, String(index));
  const id = alert?.identity ?? draft.id ?? derived;
  const event = completeEvent(draft, id || deps.newId(), atMs);
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES)
    return refused('payload-too-large', TOO_LARGE);
  return { kind: 'named', event, hash: canonicalHash(draft), alert, isNew: !id };
}

const TOO_LARGE = `An event has at most ${MAX_EVENT_BYTES / 1024} KiB.`;

interface RequestIdentity {
  readonly key: string;
  readonly hash: string;
}

/** The post as its idempotency key remembers it. */
function requestOf({ idempotencyKey, items }: Post): RequestIdentity | undefined {
  if (idempotencyKey === undefined) return undefined;
  return {
    key: derivedId('rq', idempotencyKey),
    hash: canonicalHash(items.map((item) => (item.ok ? item.draft : item.problem))),
  };
}

interface Known {
  readonly events: Records;
  readonly request: RequestRecord | undefined;
}

/** Reads the records of all ids that may be known, and of the reminders that stand behind them. */
async function lookUp(
  tenant: string,
  named: readonly Named[],
  request: RequestIdentity | undefined,
  deps: IngestDeps,
): Promise<Known> {
  const ids = named
    .filter(({ isNew }) => !isNew)
    .flatMap(({ event, alert }) => [event.id, alert?.firing ?? []].flat());
  if (ids.length === 0 && !request) return { events: new Map(), request: undefined };
  try {
    const first = await deps.records.read(tenant, [...new Set(ids)], request?.key);
    const alerts = named.flatMap(({ alert }) => alert ?? []);
    const latest = [...new Set(latestReminders(alerts, first.events))];
    if (latest.length === 0) return first;
    const second = await deps.records.read(tenant, latest);
    return { events: new Map([...first.events, ...second.events]), request: first.request };
  } catch (error) {
    deps.telemetry.log('error', 'event records cannot be read', { tenant, error: error as Error });
    throw new ProblemError(unavailable(), RETRY_AFTER);
  }
}

/** Whether the idempotency key was used for these very items. */
function isReplay(
  request: RequestIdentity | undefined,
  known: RequestRecord | undefined,
  atMs: number,
): boolean {
  if (!request || !known || !isLive(known, atMs)) return false;
  if (known.hash !== request.hash)
    throw new ProblemError(mismatch('This idempotency key was used for another body.'));
  return true;
}

interface Judged {
  readonly named: Named;
  readonly verdict: Verdict;
}

/** Judges each event by the records and by what stands before it in the same post. */
function judgeAll(named: readonly Named[], records: Records, atMs: number, repeatMs?: number): Judged[] {
  const known = new Map(records);
  return named.map((one) => {
    const { event, hash, alert } = one;
    const verdict = alert
      ? judgeAlert(alert, known, atMs, repeatMs)
      : judgeEvent(event.id, hash, known, atMs);
    if (verdict.kind === 'fresh') {
      const id = alert?.identity ?? event.id;
      known.set(id, { hash, at: atMs, ttl: Infinity, latestId: verdict.id });
      known.set(verdict.id, { hash, at: atMs, ttl: Infinity });
    }
    return { named: one, verdict };
  });
}

interface Fresh {
  readonly event: Event;
  readonly hash: string;
  readonly isAlert: boolean;
  readonly verdict: Extract<Verdict, { kind: 'fresh' }>;
}

/** The event to be enqueued, if there is one. A reminder is an event of its own, of now. */
function freshOf({ named, verdict }: Judged, atMs: number): Fresh[] {
  if (verdict.kind !== 'fresh') return [];
  const { event, hash, alert } = named;
  const own = verdict.reminder ? { ...event, id: verdict.id, time: isoTime(atMs) } : event;
  return [{ event: own, hash, isAlert: alert !== undefined, verdict }];
}

interface Sent extends Fresh {
  readonly pack: string;
}

/** Packs events by lane and enqueues them; answers those that are safe in a queue. */
async function send(tenant: string, fresh: readonly Fresh[], deps: IngestDeps): Promise<Sent[]> {
  const outgoing = [...Map.groupBy(fresh, ({ event }) => event.lane)].flatMap(([lane, events]) =>
    packBySize(events).map((part) => {
      const pack: EventPack = {
        v: 1,
        kind: 'events',
        tenant,
        pack: deps.newId(),
        items: part.map(({ event }) => event),
      };
      const message: OutgoingMessage = { body: JSON.stringify(pack), groupId: tenant };
      return { queue: deps.queues[lane], message, part, pack: pack.pack };
    }),
  );
  const safe = await enqueueAll(outgoing, deps.enqueue);
  return outgoing.flatMap(({ part, pack }, index) =>
    safe[index] ? part.map((one) => ({ ...one, pack })) : [],
  );
}

/** Records what is in the queue; answers the ids that are both sent and recorded. */
async function record(
  tenant: string,
  sent: readonly Sent[],
  at: number,
  deps: IngestDeps,
): Promise<Set<string>> {
  if (sent.length === 0) return new Set();
  const events = sent.map(({ event, hash, isAlert, pack, verdict }): RecordWrite => ({
    kind: 'event',
    event,
    hash,
    pack,
    at,
    isAlert: isAlert && !verdict.reminder,
    replaces: verdict.replaces,
  }));
  const reminders = sent.flatMap(({ event, verdict: { reminder } }): RecordWrite[] =>
    reminder
      ? [{ kind: 'reminder', head: reminder.head, repeat: reminder.repeat, latestId: event.id, at }]
      : [],
  );
  const written = await deps.records.write(tenant, [...events, ...reminders]);
  return new Set(sent.flatMap(({ event }, index) => (written[index] ? [event.id] : [])));
}

/** Tells what became of each item. What repeats an item of the same post shares that item's fate. */
function receiptsOf(
  candidates: readonly Candidate[],
  judged: readonly Judged[],
  safe: ReadonlySet<string>,
): Receipt[] {
  const fresh = new Set(judged.flatMap(({ verdict }) => (verdict.kind === 'fresh' ? [verdict.id] : [])));
  const verdicts = new Map(judged.map(({ named, verdict }) => [named, verdict] as const));
  return candidates.map((candidate) => {
    if (candidate.kind === 'refused') return candidate;
    const verdict = verdicts.get(candidate) as Verdict;
    if (fresh.has(verdict.id) && !safe.has(verdict.id)) return { kind: 'refused', problem: unavailable() };
    if (verdict.kind === 'mismatch')
      return { kind: 'refused', problem: mismatch('This id was used for another event.') };
    return { kind: verdict.kind === 'fresh' ? 'accepted' : verdict.kind, id: verdict.id };
  });
}

/** Remembers the idempotency key, unless nothing came of the post. A lost record costs no second event. */
async function recordRequest(
  tenant: string,
  { key, hash }: RequestIdentity,
  receipts: readonly Receipt[],
  expired: RequestRecord | undefined,
  at: number,
  deps: IngestDeps,
): Promise<void> {
  const ids = receipts.flatMap((receipt) => (receipt.kind === 'refused' ? [] : [receipt.id]));
  if (ids.length === 0) return;
  await deps.records.write(tenant, [{ kind: 'request', key, hash, ids, at, replaces: expired?.ttl }]);
}

/** When to come again, in seconds. */
export const RETRY_AFTER = { 'retry-after': '5' } as const;

export function unavailable(): Problem {
  return problem('unavailable', 'Nothing was lost: send it again in a few seconds.');
}

function mismatch(detail: string): Problem {
  return problem('idempotency-mismatch', detail);
}

function refused(slug: 'payload-too-large', detail: string): Candidate {
  return { kind: 'refused', problem: problem(slug, detail) };
}
