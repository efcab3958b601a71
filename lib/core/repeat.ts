import { type EventRecord, isLive } from './event-record.ts';

/** Whether a posted event is new, and under which id it goes on. */
export type Verdict =
  | {
      readonly kind: 'fresh';
      readonly id: string;
      /** It reminds of an alert: the head whose count it continues. */
      readonly reminder?: { readonly head: string; readonly repeat: number; readonly seenTtl: number };
      /** `ttl` of an expired record that still stands in its place. */
      readonly replaces?: number;
    }
  | { readonly kind: 'duplicate' | 'mismatch' | 'neverFiring'; readonly id: string };

export type Records = ReadonlyMap<string, EventRecord>;

/** Repeats of one alert within this time are copies: pairs of Alertmanagers notify seconds apart. */
export const REPEAT_INTERVAL_MS = 5 * 60_000;

/** An event posted under an id that is known: the same content is a duplicate, other content a mistake. */
export function judgeEvent(id: string, hash: string, records: Records, nowMs: number): Verdict {
  const record = records.get(id);
  if (!record) return { kind: 'fresh', id };
  if (!isLive(record, nowMs)) return { kind: 'fresh', id, replaces: record.ttl };
  return { kind: record.hash === hash ? 'duplicate' : 'mismatch', id };
}

export interface AlertKeys {
  readonly identity: string;
  /** Resolved alerts only: the identity under which it must have fired to be worth telling. */
  readonly firing?: string | undefined;
}

/**
 * A repeated alert is a duplicate only for a while, and only if nothing of the earlier event died: otherwise
 * it is a reminder, with an id that two Alertmanagers sending the same reminder derive alike.
 */
export function judgeAlert(
  { identity, firing }: AlertKeys,
  records: Records,
  nowMs: number,
  repeatMs: number = REPEAT_INTERVAL_MS,
): Verdict {
  const head = records.get(identity);
  if (!head || !isLive(head, nowMs)) {
    if (firing !== undefined && !isLive(records.get(firing), nowMs))
      return { kind: 'neverFiring', id: identity };
    return { kind: 'fresh', id: identity, ...(head && { replaces: head.ttl }) };
  }
  const latestId = head.latestId ?? identity;
  const isRecent = nowMs - (head.latestAt ?? head.at) < repeatMs;
  if (isRecent && !records.get(latestId)?.hasDead) return { kind: 'duplicate', id: latestId };
  const repeat = (head.repeat ?? 0) + 1;
  return {
    kind: 'fresh',
    id: `${identity}-r${repeat}`,
    reminder: { head: identity, repeat, seenTtl: head.ttl },
  };
}

const REMINDER = /^(.+)-r(\d+)$/;

/** Whether the alert's event of one id reminds of what that of another told, or was told after it. */
export function isLaterReminder(id: string, earlier: string): boolean {
  const [, head, repeat] = REMINDER.exec(id) ?? [];
  if (head === undefined) return false;
  if (head === earlier) return true;
  const [, other, before] = REMINDER.exec(earlier) ?? [];
  return head === other && Number(repeat) > Number(before);
}

/** The further records that judging these alerts takes: the latest reminder of each. */
export function latestReminders(alerts: readonly AlertKeys[], records: Records): string[] {
  return alerts.flatMap(({ identity }) => {
    const latest = records.get(identity)?.latestId;
    return latest === undefined || latest === identity ? [] : [latest];
  });
}
