import type { DueEntry } from './due-entry.ts';
import type { Event } from './event.ts';
import type { AlertGroup } from './alert-group.ts';
import type { Incident } from './incident.ts';
import type { DeliveryMode } from './mode.ts';
import type { Notification } from './notification.ts';

/** Why deliveries wait for a window to close: a route groups its alerts or gathers its events, or a destination rests. */
export const HOLD_KINDS = ['group', 'digest', 'quietHours'] as const;
export type HoldKind = (typeof HOLD_KINDS)[number];

/** The reason that a held delivery shows. */
export type HeldReason = 'digest' | 'quietHours';

export function heldReason(kind: HoldKind): HeldReason {
  return kind === 'quietHours' ? kind : 'digest';
}

/** Window `n` of a group, 1 for the first: of the windows of a group, the last is the one that members join. */
export interface WindowRef {
  readonly tenant: string;
  /** Hash of what its members have in common. */
  readonly group: string;
  readonly n: number;
}

/** What the windows of a group are about. */
export interface Group {
  readonly tenant: string;
  readonly group: string;
  readonly kind: HoldKind;
  readonly destination: string;
  /** Id of the route, or of the destination that has quiet hours. */
  readonly rule: string;
  /** What `by` found in its events, by path. */
  readonly values: Readonly<Record<string, string>>;
  /** Of alerts: what still fires is told again after this. */
  readonly repeatMs?: number;
}

/**
 * `open`: members join. `closing`: its owner reads them and writes a snapshot. `closed`: the snapshot of its owner says
 * who was in it.
 */
export type Phase = 'open' | 'closing' | 'closed';

/** Members of a group gathered over a time, for one delivery. */
export interface GroupWindow extends Group, WindowRef {
  readonly phase: Phase;
  /** Its entry in the due index, as it was read. */
  readonly dueAt: string;
  readonly dueAtMs: number;
  /** When the window before it closed. */
  readonly afterMs?: number;
  readonly owner?: string;
  readonly leaseUntil?: number;
  readonly closedAt?: number;
  /** Items of its snapshot. */
  readonly pages?: number;
  readonly outcome?: WindowOutcome;
}

/** A window to be opened. */
export interface NewWindow extends Group, Pick<GroupWindow, 'n' | 'dueAtMs' | 'afterMs'> {
  /** It has no member yet: what still fires is to be told again. */
  readonly isEmpty?: true;
}

/** What came of a window. */
export interface WindowOutcome {
  /** Of alerts: where the group stands now. */
  readonly alerts?: AlertGroup;
  /** Absent: there was nothing to tell. */
  readonly digest?: Event;
  /** What its one member was to say, where it is sent as it was. */
  readonly alone?: Notification;
  readonly mode?: DeliveryMode;
  readonly incident?: Incident;
  /** What its digest tells of, where that goes to a person. */
  readonly topics?: readonly string[];
}

/** A window as one text, for maps. */
export function windowText({ tenant, group, n }: WindowRef): string {
  return `${tenant}#${group}#${n}`;
}

/** Id of a window in the due index: no event or delivery is called so. */
export function windowEntry({ group, n }: Pick<WindowRef, 'group' | 'n'>): string {
  return `${group}.${n}`;
}

/** The windows among these entries, each with its place in the index. */
export function windowsDue(entries: readonly DueEntry[]): (WindowRef & Pick<DueEntry, 'dueAt'>)[] {
  return entries.flatMap(({ tenant, id, dueAt }) => {
    const [, group, n] = /^([^.:]+)\.(\d+)$/.exec(id) ?? [];
    return group === undefined ? [] : [{ tenant, group, n: Number(n), dueAt }];
  });
}

const PREFIX = 'digest_';
const DIGEST_ID = /^digest_([A-Za-z0-9_-]{22})_([1-9]\d{0,7})$/;

/** Id of the event that a window leads to: whoever closes it, and however often, it is the same delivery. */
export function digestId({ group, n }: Pick<WindowRef, 'group' | 'n'>): string {
  return `${PREFIX}${group}_${n}`;
}

export function parseDigestId(event: string): Pick<WindowRef, 'group' | 'n'> | undefined {
  const [, group, n] = DIGEST_ID.exec(event) ?? [];
  return group === undefined ? undefined : { group, n: Number(n) };
}
