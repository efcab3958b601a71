import { type CatalogEntry, ENTRY_KINDS, type EntryBody, type EntryKind, etagOf } from './catalog-entry.ts';
import { isObject } from './is-object.ts';

/** One step from the catalog that is to the catalog that is wanted. */
export interface Change {
  readonly op: 'create' | 'update' | 'delete';
  readonly kind: EntryKind;
  readonly id: string;
  /** The new body; absent when the entry goes. */
  readonly body?: EntryBody;
  /** The body before; absent when the entry is new. */
  readonly before?: EntryBody;
  /** Paths of the members that differ, `settings.webhookUrl`. */
  readonly fields: readonly string[];
}

/**
 * What must happen so that the catalog equals what is wanted, in an order in which every reference holds:
 * first what others name, then what names them; removals the other way round. Without `prune`, entries that
 * nobody asked for stay.
 */
export function diffCatalog(
  current: readonly CatalogEntry[],
  wanted: readonly { readonly kind: EntryKind; readonly id: string; readonly body: EntryBody }[],
  prune: boolean,
): Change[] {
  const before = new Map(current.map((entry) => [nameOf(entry), entry]));
  const asked = new Set(wanted.map(nameOf));
  const changes: Change[] = [];
  for (const { kind, id, body } of wanted) {
    const old = before.get(nameOf({ kind, id }));
    if (!old) changes.push({ op: 'create', kind, id, body, fields: [] });
    else if (old.etag !== etagOf(body)) {
      changes.push({ op: 'update', kind, id, body, before: old.body, fields: changedFields(old.body, body) });
    }
  }
  const gone = prune ? current.filter((entry) => !asked.has(nameOf(entry))) : [];
  const removals = gone.map(({ kind, id, body }): Change => ({
    op: 'delete',
    kind,
    id,
    before: body,
    fields: [],
  }));
  return [...inOrder(changes), ...inOrder(removals).toReversed()];
}

function nameOf({ kind, id }: { readonly kind: EntryKind; readonly id: string }): string {
  return `${kind}#${id}`;
}

function inOrder(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => ENTRY_KINDS.indexOf(a.kind) - ENTRY_KINDS.indexOf(b.kind));
}

function changedFields(before: unknown, after: unknown, path = ''): string[] {
  if (!isObject(before) || !isObject(after))
    return etagOf({ before }) === etagOf({ before: after }) ? [] : [path];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) =>
    changedFields(before[name], after[name], path === '' ? name : `${path}.${name}`),
  );
}
