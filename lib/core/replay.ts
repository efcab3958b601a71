import type { Rate } from './catalog.ts';
import type { DeadReason } from './delivery.ts';
import { isInbox, throughOf } from './destination-id.ts';
import type { Reason } from './outcome.ts';

/** Dead deliveries that are to have another round. Times are ISO 8601, of when they died. */
export interface DeadFilter {
  readonly state: 'dead';
  readonly destination?: string;
  readonly reason?: DeadReason;
  /** Why its last attempt failed. */
  readonly cause?: Reason;
  readonly from?: string;
  readonly to: string;
}

/** Past events that are to be sent again, to where they went or to the destinations named. */
export interface EventFilter {
  readonly topic: string;
  readonly from: string;
  readonly to: string;
  readonly destinations?: readonly string[];
}

export type ReplayFilter = DeadFilter | EventFilter;

export const REPLAY_STATES = ['running', 'paused', 'cancelled', 'done'] as const;
export type ReplayState = (typeof REPLAY_STATES)[number];

/** A replay of many, worked on a page at a time. Times are epoch ms. */
export interface ReplayJob {
  readonly tenant: string;
  readonly id: string;
  readonly filter: ReplayFilter;
  readonly state: ReplayState;
  /** Everything up to here has been dealt with; empty at the beginning. */
  readonly cursor: string;
  /** When each destination may be sent to next, and each limit that is shared. */
  readonly lines: Readonly<Record<string, number>>;
  /** Deliveries counted when it was made. */
  readonly expected: number;
  readonly sent: number;
  /** No longer there, no longer dead, or without a destination that takes them. */
  readonly skipped: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

/** What may be sent again, at a position that a cursor can name. */
export interface Candidate {
  readonly to: readonly string[];
  readonly position: string;
}

export interface Page<C extends Candidate> {
  readonly candidates: readonly C[];
  /** Cursor behind all of them. */
  readonly next: string;
  readonly isLast: boolean;
}

/** A candidate that has its time, and the destinations that take it. */
export interface Slot<C extends Candidate> {
  readonly candidate: C;
  readonly to: readonly string[];
  readonly atMs: number;
}

export interface PagePlan<C extends Candidate> {
  readonly slots: readonly Slot<C>[];
  readonly skipped: number;
  readonly lines: Readonly<Record<string, number>>;
  readonly cursor: string;
  /** The rest is for the next run. */
  readonly isFull: boolean;
}

/** Begins the ids of the copies that replays make, and of their packs. */
export const REPLAY_PREFIX = 'rpl';

/** A replay takes one of so many slots of a destination: the others are left to what happens now. */
const SHARE = 4;
/** Ten a second where no limit is known, and for all destinations of a replay together. */
export const MIN_SPACING_MS = 100;
/** A run hands out the time until the next one. */
export const RUN_MS = 60_000;
export const MAX_PER_RUN = RUN_MS / MIN_SPACING_MS;

/** Time between two sends of a replay within one rate. */
export function spacingOf(rate: Rate | undefined): number {
  return Math.max(MIN_SPACING_MS, rate && rate.limit > 0 ? (SHARE * rate.perMs) / rate.limit : 0);
}

/** How fast a replay sends to a destination. Times between two sends. */
export interface Pace {
  readonly spacingMs: number;
  /** By the names of limits that it shares with others, whose sends count together. */
  readonly shared: ReadonlyMap<string, number>;
}

/** By destination, of those that take anything. */
export type Paces = ReadonlyMap<string, Pace>;

/** Whether a replay of dead deliveries sends there; people it reaches by the destinations they are reached through. */
export function isOpen(id: string, paces: Paces): boolean {
  return isInbox(id) || paces.has(throughOf(id));
}

/** The lines that a send to a destination stands in; an inbox makes nobody wait. */
function linesFor(id: string, paces: Paces): (readonly [name: string, spacingMs: number])[] {
  const through = throughOf(id);
  const pace = paces.get(through);
  return pace ? [[through, pace.spacingMs], ...pace.shared] : [];
}

/**
 * Gives candidates their times, in order, until the first that would have to wait for the next run. A replay
 * goes at the pace of the slowest of its lines: its place is a single position.
 */
export function planPage<C extends Candidate>(
  { cursor, lines }: Pick<ReplayJob, 'cursor' | 'lines'>,
  { candidates, next }: Page<C>,
  paces: Paces,
  nowMs: number,
  takes: (id: string) => boolean = (id) => paces.has(id),
): PagePlan<C> {
  const slots: Slot<C>[] = [];
  const moved = new Map(Object.entries(lines));
  let skipped = 0;
  let position = cursor;
  for (const candidate of candidates) {
    const to = candidate.to.filter(takes);
    const turns = to.flatMap((id) => linesFor(id, paces));
    const atMs = Math.max(nowMs, ...turns.map(([name]) => moved.get(name) ?? 0));
    if (atMs >= nowMs + RUN_MS)
      return { slots, skipped, lines: linesOf(moved, nowMs), cursor: position, isFull: true };
    if (to.length > 0) slots.push({ candidate, to, atMs });
    for (const [name, spacingMs] of turns) moved.set(name, Math.max(atMs, moved.get(name) ?? 0) + spacingMs);
    skipped += candidate.to.length - to.length;
    ({ position } = candidate);
  }
  return { slots, skipped, lines: linesOf(moved, nowMs), cursor: next, isFull: false };
}

/** Lines that lie in the past hold nobody up and need no room. */
function linesOf(lines: ReadonlyMap<string, number>, nowMs: number): Readonly<Record<string, number>> {
  return Object.fromEntries([...lines].filter(([, atMs]) => atMs > nowMs));
}

/** What a replay would do. */
export interface ReplayPreview {
  readonly count: number;
  /** False: there is more than was counted. */
  readonly complete: boolean;
  readonly byDestination: Readonly<Record<string, number>>;
  /** Time it takes at least, because it leaves most of every limit to what happens now. */
  readonly seconds: number;
  /** What AWS charges for it at list price (us-east-1); what providers charge is not in it. */
  readonly usd: number;
  /** Deliveries that a receiver may have had before. */
  readonly likelyDuplicates: number;
}

/**
 * AWS calls of one replayed delivery at list prices. Write units ($0.625 a million): a dead one is started,
 * claimed and settled, each with its index entries, and its event kept (11); a copied event is recorded, listed and
 * claimed (4).
 * Queue requests ($0.50 a million with fair queues): sent, received, deleted, at worst one message each (3).
 * Lambda: 10 ms of 512 MB on arm64 and a request.
 */
const USD_PER_DELIVERY = {
  dead: (11 * 0.625 + 3 * 0.5 + 0.27) / 1_000_000,
  event: (4 * 0.625 + 3 * 0.5 + 0.27) / 1_000_000,
} as const;

export function previewOf(
  kind: keyof typeof USD_PER_DELIVERY,
  byDestination: ReadonlyMap<string, number>,
  paces: Paces,
): Omit<ReplayPreview, 'complete' | 'likelyDuplicates'> {
  const count = [...byDestination.values()].reduce((sum, one) => sum + one, 0);
  const waits = new Map<string, number>();
  for (const [id, one] of byDestination) {
    for (const [name, spacingMs] of linesFor(id, paces))
      waits.set(name, (waits.get(name) ?? 0) + one * spacingMs);
  }
  return {
    count,
    byDestination: Object.fromEntries(byDestination),
    seconds: Math.ceil(Math.max(count * MIN_SPACING_MS, ...waits.values()) / 1000),
    usd: Number((count * USD_PER_DELIVERY[kind]).toPrecision(2)),
  };
}
