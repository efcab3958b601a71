import type { HookOwner, KeyItem } from '../../core/caller.ts';
import type { Change } from '../../core/catalog-diff.ts';
import { type CatalogEntry, type EntryBody, type EntryKind, etagOf } from '../../core/catalog-entry.ts';
import type { Issued } from './issue.ts';

export interface CarryOutDeps {
  readonly entries: {
    readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
    /** `seen`: the tag the writer has read, absent for a new entry. False: somebody else was faster. */
    readonly put: (
      tenant: string,
      kind: EntryKind,
      id: string,
      body: EntryBody,
      seen: string | undefined,
    ) => Promise<boolean>;
    readonly remove: (tenant: string, kind: EntryKind, id: string, seen: string) => Promise<boolean>;
  };
  /** A credential ends with the last of its holders, which are ids of entries. */
  readonly credentials: {
    readonly putKey: (id: string, item: KeyItem, holder: string) => Promise<boolean>;
    readonly removeKey: (id: string, tenant: string, holder: string) => Promise<void>;
    readonly putHook: (id: string, owner: HookOwner, holder: string) => Promise<boolean>;
    readonly removeHook: (id: string, tenant: string, holder: string) => Promise<void>;
  };
}

/** `changed`: somebody else changed the entry meanwhile. `taken`: another tenant has the key. */
export type Carried = 'applied' | 'changed' | 'taken';

/**
 * Carries out one change of the catalog. A key or a hook is two items: the entry that people see, and the
 * credential that callers present. Nothing writes both at once, so the order sees to it that a credential is
 * never answered that no entry shows:
 *
 * - new or replaced: the entry, marked `pending` and naming what it still may answer to; the new credential;
 *   the end of the old ones; the entry without the mark.
 * - removed: the entry, marked; the end of its credentials; the entry's end.
 *
 * A crash leaves a marked entry. The mark makes it differ from what is wanted, so that the same change, sent
 * again, goes through all of it once more; and every mark has a tag of its own, so that of two who change one
 * entry at the same time one fails before or after, and lets go of what it has made.
 */
export async function carryOut(
  tenant: string,
  change: Change,
  issued: Issued | undefined,
  deps: CarryOutDeps,
): Promise<Carried> {
  const { entries } = deps;
  const { kind, id, body, before } = change;
  const seen = before && etagOf(before);
  if (kind !== 'key' && kind !== 'hook') return await finish(tenant, change, seen, deps);

  const own = body && credentialsOf(kind, body)[0];
  const ending = before ? credentialsOf(kind, before).filter((credential) => credential !== own) : [];
  const marked = { ...(body ?? before), pending: ending };
  if (!(await entries.put(tenant, kind, id, marked, seen))) return 'changed';
  if (issued && !(await hold(issued, deps))) return 'taken';
  for (const credential of ending) await letGo(tenant, kind, id, credential, deps);
  const carried = await finish(tenant, change, etagOf(marked), deps);
  if (carried === 'changed' && own !== undefined) await letGoUnlessListed(tenant, kind, id, own, deps);
  return carried;
}

async function finish(
  tenant: string,
  { kind, id, body }: Change,
  seen: string | undefined,
  { entries }: CarryOutDeps,
): Promise<Carried> {
  const done = body
    ? await entries.put(tenant, kind, id, body, seen)
    : await entries.remove(tenant, kind, id, seen ?? '');
  return done ? 'applied' : 'changed';
}

/** What an entry answers to: its own id first, then those whose end is pending. */
function credentialsOf(kind: EntryKind, body: EntryBody): string[] {
  const { pending } = body;
  const ids: unknown[] = [
    body[kind === 'key' ? 'keyId' : 'hookId'],
    ...(Array.isArray(pending) ? pending : []),
  ];
  return [...new Set(ids.filter((id) => typeof id === 'string'))];
}

async function hold({ id, key, hook }: Issued, { credentials }: CarryOutDeps): Promise<boolean> {
  if (key) return await credentials.putKey(key.id, key.item, id);
  if (hook) return await credentials.putHook(hook.id, hook.owner, id);
  return true;
}

async function letGo(
  tenant: string,
  kind: EntryKind,
  holder: string,
  id: string,
  { credentials }: CarryOutDeps,
): Promise<void> {
  await (kind === 'key' ? credentials.removeKey : credentials.removeHook)(id, tenant, holder);
}

async function letGoUnlessListed(
  tenant: string,
  kind: EntryKind,
  id: string,
  credential: string,
  deps: CarryOutDeps,
): Promise<void> {
  const entry = await deps.entries.find(tenant, kind, id);
  if (entry && credentialsOf(kind, entry.body).includes(credential)) return;
  await letGo(tenant, kind, id, credential, deps);
}
