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

/** One alone is sent as it was. */
async function gathered(
  window: GroupWindow,
  members: readonly Member[],
  nowMs: number,
  deps: OutcomeDeps,
): Promise<WindowOutcome> {
  const [first] = members;
  if (!first) return {};
  const alone = members.length === 1 ? await deps.members.content(window, first.event) : undefined;
  const { incident } = first;
  return {
    digest: listDigest(window, members, nowMs),
    ...(alone && { alone, ...(incident && { incident }) }),
    ...mode(members),
    ...topics(window, members),
  };
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
