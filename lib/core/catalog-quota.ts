import { ENTRY_KINDS, type EntryBody, type EntryKind, SECTIONS } from './catalog-entry.ts';
import type { ProblemIssue } from './problem.ts';

/**
 * What one tenant may keep. Every warm function holds the catalogs of many tenants, so a catalog is bounded
 * as a whole, and an entry by a fraction of the 400 KB that DynamoDB takes for an item.
 */
export const CATALOG_QUOTA = {
  destination: { entries: 100, bytes: 32 * 1024 },
  template: { entries: 200, bytes: 32 * 1024 },
  hook: { entries: 100, bytes: 4 * 1024 },
  key: { entries: 100, bytes: 4 * 1024 },
  topic: { entries: 100, bytes: 16 * 1024 },
  /** Each that holds for a destination costs its batches a write. */
  limit: { entries: 20, bytes: 16 * 1024 },
  /** Each is asked of every event and every alert that fires. */
  inhibition: { entries: 50, bytes: 16 * 1024 },
  /** Each is looked at as often as it is to beat. */
  heartbeat: { entries: 100, bytes: 4 * 1024 },
  route: { entries: 500, bytes: 32 * 1024 },
} as const satisfies Record<EntryKind, { readonly entries: number; readonly bytes: number }>;

export const MAX_CATALOG_BYTES = 512 * 1024;

/** An entry as it is counted; `pointer` where it was given just now. */
export interface Counted {
  readonly kind: EntryKind;
  readonly id: string;
  readonly body: EntryBody;
  readonly pointer?: string;
}

/** An entry that is too large to be kept. */
export function oversize({ kind, id, body, pointer = '' }: Counted): ProblemIssue[] {
  const most = CATALOG_QUOTA[kind].bytes;
  if (bytesOf(body) <= most) return [];
  return [{ pointer, code: 'tooLong', detail: `${kind} "${id}" is larger than ${most} bytes` }];
}

/** What a catalog has too much of: the entry named is the first too many of its kind, or the last of all. */
export function overQuota(catalog: readonly Counted[]): ProblemIssue[] {
  // What was given now comes last: it is what there is too much of.
  const counted = catalog.toSorted(
    (a, b) => Number(a.pointer !== undefined) - Number(b.pointer !== undefined),
  );
  const issues = ENTRY_KINDS.flatMap((kind): ProblemIssue[] => {
    const most = CATALOG_QUOTA[kind].entries;
    const over = counted.filter((entry) => entry.kind === kind)[most];
    return over ? [issueAt(over, `a catalog holds at most ${most} ${SECTIONS[kind]}`)] : [];
  });
  const bytes = catalog.reduce((sum, { body }) => sum + bytesOf(body), 0);
  const last = counted.at(-1);
  if (last && bytes > MAX_CATALOG_BYTES)
    issues.push(
      issueAt(last, `a catalog holds at most ${MAX_CATALOG_BYTES} bytes, with this it has ${bytes}`),
    );
  return issues;
}

function issueAt({ kind, id, pointer = '' }: Counted, rule: string): ProblemIssue {
  return { pointer, code: 'quota', detail: `${kind} "${id}" is too many: ${rule}` };
}

function bytesOf(body: EntryBody): number {
  return Buffer.byteLength(JSON.stringify(body));
}
