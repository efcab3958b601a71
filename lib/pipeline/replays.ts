import { type Catalog, limitsOf } from '../core/catalog.ts';
import type { ChannelFacts } from '../core/channel-facts.ts';
import type { Telemetry } from '../core/metrics.ts';
import {
  type Candidate,
  MAX_PER_RUN,
  type Page,
  type Paces,
  type ReplayJob,
  type Slot,
  isOpen,
  planPage,
  spacingOf,
} from '../core/replay.ts';
import type { Written } from '../core/written.ts';
import { toError } from './each.ts';
import { type DeadDeps, deadSource } from './replays/dead.ts';
import { type EventDeps, eventSource } from './replays/events.ts';

export type ReplayDeps = DeadDeps & EventDeps & JobDeps;

interface JobDeps {
  readonly jobs: {
    /** What runs, of all tenants; who has waited longest comes first. */
    readonly running: () => Promise<readonly ReplayJob[]>;
    readonly advance: (seen: ReplayJob, next: ReplayJob, ttl: number) => Promise<Written>;
  };
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly channels: ReadonlyMap<string, ChannelFacts>;
  readonly telemetry: Telemetry;
  readonly remainingMs: () => number;
}

/** What a replay sends again: a page of it, and the sending of those that have their time. */
export interface Source<C extends Candidate> {
  readonly page: (limit: number) => Promise<Page<C>>;
  /** Answers how many are on their way. Throws when that is not known: the page comes again, and is harmless. */
  readonly send: (slots: readonly Slot<C>[]) => Promise<number>;
}

/** Contents of up to 130 KiB each must fit into memory. */
const PAGE = 100;
/** A page takes a few seconds; what is not begun now is begun in the next run. */
const RESERVE_MS = 15_000;

/**
 * Works on every replay that runs, for as much as may be sent until the next run. What is sent again waits in
 * the queues by `DelaySeconds`, spread over that time, and takes a quarter of a destination's limit at most: a
 * replay is never in anybody's way. A page is sent, then noted; one that is sent twice is stopped by the claims.
 */
export async function runReplays(deps: ReplayDeps): Promise<void> {
  for (const job of await deps.jobs.running()) {
    if (deps.remainingMs() < RESERVE_MS) return;
    try {
      await ('topic' in job.filter
        ? work(job, eventSource(job, job.filter, deps), deps)
        : work(job, deadSource(job, job.filter, deps), deps));
    } catch (error) {
      const detail = `replay ${job.id}`;
      deps.telemetry.log('error', 'replay stands still', {
        tenant: job.tenant,
        detail,
        error: toError(error),
      });
    }
  }
}

async function work<C extends Candidate>(
  begun: ReplayJob,
  sourceAt: (job: ReplayJob) => Source<C>,
  deps: ReplayDeps,
): Promise<void> {
  const paces = pacesOf(await deps.catalog(begun.tenant), deps.channels);
  // Past events go to nobody by name: what people want now is for their routes to say.
  const isOfEvents = 'topic' in begun.filter;
  const nowMs = deps.now();
  let job = begun;
  for (let room = MAX_PER_RUN; room > 0 && deps.remainingMs() >= RESERVE_MS;) {
    const source = sourceAt(job);
    const page = await source.page(Math.min(PAGE, room));
    const plan = planPage(job, page, paces, nowMs, (id) => (isOfEvents ? paces.has(id) : isOpen(id, paces)));
    const wanted = plan.slots.reduce((sum, { to }) => sum + to.length, 0);
    const sent = plan.slots.length === 0 ? 0 : await source.send(plan.slots);
    const next: ReplayJob = {
      ...job,
      state: page.isLast && !plan.isFull ? 'done' : 'running',
      cursor: plan.cursor,
      lines: plan.lines,
      sent: job.sent + sent,
      skipped: job.skipped + plan.skipped + wanted - sent,
    };
    const { kind } = await deps.jobs.advance(job, next, deps.ttl());
    if (kind !== 'written') return;
    const { tenant, id, state } = next;
    deps.telemetry.log('info', 'replay moved on', { tenant, detail: `replay ${id} ${state}`, count: sent });
    if (plan.isFull || state === 'done') return;
    job = next;
    room -= Math.max(1, wanted);
  }
}

/** How fast a replay goes, for every destination that takes anything. */
export function pacesOf(
  { destinations, limits }: Pick<Catalog, 'destinations' | 'limits'>,
  channels: ReadonlyMap<string, ChannelFacts>,
): Paces {
  const open = [...destinations.values()].filter(({ enabled }) => enabled);
  return new Map(
    open.map(({ id, channel, rate }) => {
      const shared = limitsOf({ limits }, id).map(
        (limit) => [`limit:${limit.id}`, spacingOf(limit.rate)] as const,
      );
      return [id, { spacingMs: spacingOf(rate ?? channels.get(channel)?.rate), shared: new Map(shared) }];
    }),
  );
}
