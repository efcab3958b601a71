import type { Member } from './member.ts';
import type { Severity } from './severity.ts';

/** An alert of a group that has begun and not ended. */
export interface Firing {
  readonly key: string;
  readonly title: string;
  readonly severity?: Severity;
  /** Epoch ms. */
  readonly since: number;
  /** Somebody was told of it, and will be told of its end. */
  readonly told?: true;
}

/** Where a group of alerts stands at the end of a window. */
export interface AlertGroup {
  readonly firing: readonly Firing[];
  /** Ends that this window brought, with their times: what began before them is over. */
  readonly ended: readonly (readonly [key: string, atMs: number])[];
  /** When somebody was last told; absent: nobody yet, or all is over. */
  readonly toldAt?: number;
}

/** What there is to tell at the end of a window. */
export interface News {
  readonly firing: readonly Firing[];
  readonly resolved: readonly Member[];
  /** Members that are no alerts. */
  readonly events: readonly Member[];
}

const CALM: AlertGroup = { firing: [], ended: [] };
/** What fits into an item of 400 KB with titles of 360 bytes. Of what is beyond it the end is not told. */
const MAX_FIRING = 500;

/**
 * The state of a group after a window, from that before it and the window's members: a pure function, so that whoever
 * closes the window finds the same. As Alertmanager has it ("notify/notify.go", `DedupStage.needsUpdate`): it is news
 * that an alert fires nobody was told of, or that one has ended somebody was told of; then all that fires is told.
 * Without news, what still fires is told again after `repeatMs`.
 */
export function nextAlertGroup(
  before: AlertGroup = CALM,
  members: readonly Member[],
  { nowMs, repeatMs }: { readonly nowMs: number; readonly repeatMs: number },
): { readonly after: AlertGroup; readonly news: News | undefined } {
  const ended = new Map(before.ended);
  const firing = new Map(before.firing.map((one) => [one.key, one]));
  const resolved = new Map<string, Member>();
  const own = new Map<string, number>();
  for (const member of members.toSorted(byTime)) {
    const { key, status, atMs } = member;
    if (key === undefined) continue;
    const known = firing.get(key);
    if (status === 'resolved') {
      own.set(key, atMs);
      firing.delete(key);
      if (known?.told) resolved.set(key, member);
    } else if (atMs >= (own.get(key) ?? ended.get(key) ?? -Infinity)) {
      own.delete(key);
      const wasTold = known?.told ?? resolved.has(key);
      resolved.delete(key);
      firing.set(key, firingOf(member, known?.since ?? atMs, wasTold));
    }
  }
  const events = members.filter(({ key }) => key === undefined);
  const all = [...firing.values()];
  const isNews = events.length > 0 || resolved.size > 0 || all.some(({ told }) => !told);
  const isDue = all.length > 0 && before.toldAt !== undefined && nowMs - before.toldAt >= repeatMs;
  const tells = isNews || isDue;
  const toldAt = all.length === 0 ? undefined : tells ? nowMs : before.toldAt;
  return {
    after: {
      firing: remembered(tells ? all.map((one) => ({ ...one, told: true as const })) : all),
      ended: [...own].slice(-MAX_FIRING),
      ...(toldAt !== undefined && { toldAt }),
    },
    news: tells ? { firing: all, resolved: [...resolved.values()], events } : undefined,
  };
}

/** At one time the end comes last: an alert that begins and ends in one second is over. */
function byTime(a: Member, b: Member): number {
  return a.atMs - b.atMs || rank(a) - rank(b) || (a.event < b.event ? -1 : 1);
}

function rank({ status }: Member): number {
  return status === 'resolved' ? 1 : 0;
}

function firingOf({ key = '', title, severity }: Member, since: number, told: boolean): Firing {
  return { key, title, since, ...(severity && { severity }), ...(told && { told }) };
}

/** Those that somebody was told of come first: their ends are owed. */
function remembered(firing: readonly Firing[]): readonly Firing[] {
  if (firing.length <= MAX_FIRING) return firing;
  return [...firing.filter(({ told }) => told), ...firing.filter(({ told }) => !told)].slice(0, MAX_FIRING);
}
