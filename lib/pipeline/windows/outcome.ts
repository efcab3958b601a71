import { nextAlertGroup } from '../../core/alert-group.ts';
import { alertDigest, listDigest, modeOfAll } from '../../core/digest.ts';
import { personOf } from '../../core/destination-id.ts';
import { type GroupWindow, type WindowOutcome, type WindowRef, windowText } from '../../core/group-window.ts';
import { GROUP_DEFAULTS } from '../../core/hold.ts';
import type { Member } from '../../core/member.ts';
import type { Notification } from '../../core/notification.ts';

export interface OutcomeDeps {
  readonly windows: {
    readonly read: (refs: readonly WindowRef[]) => Promise<ReadonlyMap<string, GroupWindow>>;
  };
  readonly members: {
    readonly content: (window: WindowRef, event: string) => Promise<Notification | undefined>;
  };
  readonly now: () => number;
}

/** What comes of a window with these members: a pure function of them and of the window before. */
export async function outcomeOf(
  window: GroupWindow,
  members: readonly Member[],
  deps: OutcomeDeps,
): Promise<WindowOutcome> {
  const nowMs = deps.now();
  const wanted = members.filter(({ expiresAtMs = Infinity }) => expiresAtMs > nowMs);
  return window.kind === 'group'
    ? alerts(window, wanted, nowMs, deps)
    : gathered(window, wanted, nowMs, deps);
}

async function alerts(
  window: GroupWindow,
  members: readonly Member[],
  nowMs: number,
  deps: OutcomeDeps,
): Promise<WindowOutcome> {
  const { repeatMs = GROUP_DEFAULTS.repeatMs } = window;
  const before = await windowBefore(window, deps);
  const { after, news } = nextAlertGroup(before?.outcome?.alerts, members, { nowMs, repeatMs });
  if (!news) return { alerts: after };
  const { group: id, n: seq } = window;
  return {
    alerts: after,
    digest: alertDigest(window, news, members, nowMs),
    incident: { id, seq },
    ...mode(members),
    ...topics(window, members),
  };
}

async function windowBefore({ tenant, group, n }: GroupWindow, { windows }: OutcomeDeps) {
  const ref = { tenant, group, n: n - 1 };
  return n === 1 ? undefined : (await windows.read([ref])).get(windowText(ref));
}

/** One alone is sent as it was, and so is the newest of those that a destination rested from and that tell of one incident. */
async function gathered(
  window: GroupWindow,
  members: readonly Member[],
  nowMs: number,
  deps: OutcomeDeps,
): Promise<WindowOutcome> {
  const [first] = members;
  if (!first) return {};
  const one = members.length === 1 ? first : newestOfOne(window, members);
  const alone = one && (await deps.members.content(window, one.event));
  const incident = one?.incident;
  return {
    digest: listDigest(window, members, nowMs),
    ...(alone && { alone, ...(incident && { incident }) }),
    ...mode(members),
    ...topics(window, members),
  };
}

/** A list of what became of one alert would open an incident of its own at a provider, which nothing ever ends. */
function newestOfOne({ kind }: GroupWindow, members: readonly Member[]): Member | undefined {
  const ids = new Set(members.map(({ incident }) => incident?.id));
  if (kind !== 'quietHours' || ids.size > 1 || ids.has(undefined)) return undefined;
  return members.reduce((newest, one) => (one.incident!.seq > newest.incident!.seq ? one : newest));
}

function mode(members: readonly Member[]): Pick<WindowOutcome, 'mode'> {
  const found = modeOfAll(members);
  return found ? { mode: found } : {};
}

/** What a person can unsubscribe from; alerts that are told again without a change have no members. */
function topics({ destination }: GroupWindow, members: readonly Member[]): Pick<WindowOutcome, 'topics'> {
  const found = [...new Set(members.flatMap(({ topic }) => topic ?? []))];
  return personOf(destination) !== undefined && found.length > 0 ? { topics: found } : {};
}
