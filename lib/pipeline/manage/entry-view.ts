import {
  type CatalogEntry,
  ENTRY_KINDS,
  type EntryBody,
  type EntryKind,
  SECTIONS,
} from '../../core/catalog-entry.ts';

type View = Readonly<Record<string, unknown>>;

interface Shown {
  readonly kind: EntryKind;
  readonly id: string;
  readonly body: EntryBody;
}

/** An entry as the API shows it: references stay references, hashes stay inside. */
export function entryView({ kind, id, body }: Shown): View {
  if (kind === 'hook') {
    const { hookId, ...shown } = body;
    return { id, ...shown, path: `/v1/hooks/${String(body['source'])}/${String(hookId)}` };
  }
  if (kind === 'key') {
    const { print: _, ...shown } = body;
    return { id, ...shown };
  }
  return { id, ...body };
}

/** The whole catalog in the form in which it is written; it can be sent back as it is. */
export function catalogView(entries: readonly CatalogEntry[]): Readonly<Record<string, readonly View[]>> {
  const sections = ENTRY_KINDS.map((kind) => {
    const own = entries.filter((entry) => entry.kind === kind);
    const ordered = kind === 'route' ? own.toSorted((a, b) => orderOf(a) - orderOf(b)) : own;
    return [SECTIONS[kind], ordered.map(entryView)] as const;
  });
  return Object.fromEntries(sections);
}

function orderOf({ body }: Shown): number {
  return Number(body['order']);
}
