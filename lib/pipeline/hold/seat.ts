import type { DeliveryRef } from '../../core/claim.ts';
import type { Group, GroupWindow, NewWindow, WindowRef } from '../../core/group-window.ts';
import type { Hold } from '../../core/hold.ts';
import type { Member } from '../../core/member.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { Notification } from '../../core/notification.ts';
import type { Found, NewPointer, Placed, Pointer } from '../../core/pointer.ts';
import type { KeptUntil } from '../../core/retention.ts';
import type { Written } from '../../core/written.ts';

/** A delivery that waits for a window to close. */
export interface Held {
  /** The message it descends from. */
  readonly source: string;
  readonly ref: DeliveryRef;
  readonly hold: Hold;
  readonly member: Member;
  /** What it was to say, should it be alone. */
  readonly content?: Notification;
  readonly channel: string | undefined;
  readonly since: number;
}

export interface HoldDeps {
  readonly windows: {
    readonly last: (
      groups: readonly Pick<Group, 'tenant' | 'group'>[],
    ) => Promise<readonly (GroupWindow | undefined)[]>;
    readonly read: (refs: readonly WindowRef[]) => Promise<ReadonlyMap<string, GroupWindow>>;
    readonly open: (windows: readonly NewWindow[], ttl: number) => Promise<readonly Written[]>;
    readonly hasten: (window: GroupWindow, dueAtMs: number) => Promise<Written>;
  };
  readonly members: {
    readonly point: (pointers: readonly NewPointer[], until: KeptUntil) => Promise<readonly Written[]>;
    readonly follow: (refs: readonly DeliveryRef[]) => Promise<ReadonlyMap<string, Found>>;
    readonly move: (
      moves: readonly { readonly from: Pointer; readonly n: number }[],
    ) => Promise<readonly Written[]>;
    readonly put: (placed: readonly Placed[], until: KeptUntil) => Promise<readonly Written[]>;
    readonly list: (window: WindowRef, limit: number) => Promise<readonly Member[]>;
    readonly taken: (window: GroupWindow) => Promise<ReadonlySet<string>>;
  };
  /** Epoch seconds until which windows and what belongs to them are kept. */
  readonly ttl: KeptUntil;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly telemetry: Telemetry;
}

/** A delivery on its way into a window. */
export interface Seat {
  readonly held: Held;
  /** The group it joins: that of its pointer, once it has one. */
  readonly group: Group;
  /** The window it points to; absent: it has no pointer yet. */
  readonly n?: number;
  /** That window closed without it. */
  readonly isLate?: true;
  /** `ttl` of an expired claim in its place. */
  readonly replaces?: number;
}

/** When the soonest of them would have its window close. */
export function dueOf(members: readonly Seat[], afterMs: number | undefined, nowMs: number): number {
  return Math.min(...members.map(({ held }) => held.hold.closesAt(nowMs, afterMs)));
}

export function refOf({ group: { tenant, group }, n = 0 }: Seat): WindowRef {
  return { tenant, group, n };
}
