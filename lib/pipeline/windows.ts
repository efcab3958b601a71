import type { DueEntry } from '../core/due-entry.ts';
import {
  type GroupWindow,
  type WindowOutcome,
  type WindowRef,
  windowText,
  windowsDue,
} from '../core/group-window.ts';
import type { Member } from '../core/member.ts';
import type { Telemetry } from '../core/metrics.ts';
import { longestOf } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { toError } from './each.ts';
import { type OutcomeDeps, outcomeOf } from './windows/outcome.ts';
import { type TellDeps, tell } from './windows/tell.ts';

type Windows = OutcomeDeps['windows'] & TellDeps['windows'];

export interface WindowDeps extends OutcomeDeps, TellDeps {
  readonly windows: Windows & {
    readonly begin: (window: GroupWindow, owner: string, leaseUntil: number, ttl: number) => Promise<Written>;
    readonly close: (
      window: WindowRef,
      owner: string,
      outcome: WindowOutcome,
      pages: number,
      ttl: number,
    ) => Promise<Written>;
    readonly postpone: (window: GroupWindow, dueAtMs: number) => Promise<Written>;
    readonly finish: (window: GroupWindow) => Promise<Written>;
  };
  readonly members: OutcomeDeps['members'] & {
    readonly list: (window: WindowRef) => Promise<readonly Member[]>;
    readonly snapshot: (
      window: WindowRef,
      owner: string,
      events: readonly string[],
      ttl: number,
    ) => Promise<number | undefined>;
  };
  readonly newId: () => string;
  readonly telemetry: Telemetry;
}

/** Longer than the timers may run: no invocation outlives its own lease. */
const LEASE_MS = 60_000;

/** Closes the windows among what is due; whether none of them has to be looked at in this minute again. */
export async function closeWindows(entries: readonly DueEntry[], deps: WindowDeps): Promise<boolean> {
  const due = windowsDue(entries);
  const windows = due.length === 0 ? undefined : await deps.windows.read(due);
  // The index runs behind: what was closed or moved on meanwhile is left out.
  const own = due.flatMap((entry) => {
    const window = windows?.get(windowText(entry));
    return window?.dueAt === entry.dueAt ? [window] : [];
  });
  const left = await Promise.all(own.map((window) => tryToClose(window, deps)));
  return left.every(Boolean);
}

/**
 * From the first write on its entry of the due index stands at a later minute, until all is done: what goes wrong then
 * comes up again there, and holds nothing up.
 */
async function tryToClose(window: GroupWindow, deps: WindowDeps): Promise<boolean> {
  try {
    const { kind, closed } = await close(window, deps);
    if (closed && (await tell(closed, deps))) await deps.windows.finish(closed);
    return kind !== 'unknown';
  } catch (error) {
    const { tenant, destination } = window;
    const detail = windowText(window);
    deps.telemetry.log('error', 'window cannot be closed', {
      tenant,
      destination,
      detail,
      error: toError(error),
    });
    return true;
  }
}

interface Closing {
  readonly kind: Written['kind'];
  /** Absent: it is in other hands, or comes up again. */
  readonly closed?: GroupWindow | undefined;
}

/**
 * open -> closing -> closed: its owner reads the members, writes down who they are, and what comes of it. Whoever
 * takes over writes a list of his own; that of the owner who closed it counts.
 */
async function close(window: GroupWindow, deps: WindowDeps): Promise<Closing> {
  const leaseUntil = deps.now() + LEASE_MS;
  if (window.phase === 'closed') {
    const { kind } = await deps.windows.postpone(window, leaseUntil);
    return { kind, closed: kind === 'written' ? await again(window, deps) : undefined };
  }
  const owner = deps.newId();
  const { kind } = await deps.windows.begin(window, owner, leaseUntil, deps.windowTtl());
  if (kind === 'unknown' || (kind === 'conflict' && (await again(window, deps))?.owner !== owner))
    return { kind };
  const members = await deps.members.list(window);
  const outcome = await outcomeOf(window, members, deps);
  const until = deps.windowTtl(longestOf(members).retentionDays);
  const events = members.map(({ event }) => event);
  const pages = await deps.members.snapshot(window, owner, events, until);
  if (pages === undefined) return { kind: 'written' };
  await deps.windows.close(window, owner, outcome, pages, until);
  const closed = await again(window, deps);
  return {
    kind: 'written',
    closed: closed?.owner === owner && closed.phase === 'closed' ? closed : undefined,
  };
}

/** As it stands now. */
async function again(window: GroupWindow, { windows }: WindowDeps): Promise<GroupWindow | undefined> {
  return (await windows.read([window])).get(windowText(window));
}
