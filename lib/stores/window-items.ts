import { type GroupWindow, HOLD_KINDS, type WindowOutcome } from '../core/group-window.ts';
import { isObject } from '../core/is-object.ts';
import { parseJson } from '../core/parse-json.ts';
import { number, optional, text } from './attributes.ts';
import type { Item } from './table.ts';

/** Reads a window out of its item. */
export function windowOf(item: Item | undefined): GroupWindow | undefined {
  if (item === undefined) return undefined;
  const dueAt = text(item, 'dueAt') ?? '';
  const values: unknown = parseJson(text(item, 'values') ?? '{}');
  const body = text(item, 'outcome');
  const outcome: WindowOutcome | undefined = body === undefined ? undefined : parseJson(body);
  return {
    tenant: text(item, 'tenant') ?? '',
    group: text(item, 'group') ?? '',
    n: number(item, 'n') ?? 0,
    kind: HOLD_KINDS.find((kind) => kind === item['kind']) ?? 'digest',
    destination: text(item, 'destination') ?? '',
    rule: text(item, 'rule') ?? '',
    values: isObject(values)
      ? Object.fromEntries(Object.entries(values).map(([path, value]) => [path, String(value)]))
      : {},
    // A phase that a newer release invented reads as somebody else's work.
    phase: item['phase'] === 'open' || item['phase'] === 'closed' ? item['phase'] : 'closing',
    dueAt,
    dueAtMs: Number(dueAt.slice(0, 15)),
    ...optional({
      repeatMs: number(item, 'repeatMs'),
      afterMs: number(item, 'afterMs'),
      owner: text(item, 'owner'),
      leaseUntil: number(item, 'leaseUntil'),
      closedAt: number(item, 'closedAt'),
      pages: number(item, 'pages'),
    }),
    ...(outcome && { outcome }),
  };
}
