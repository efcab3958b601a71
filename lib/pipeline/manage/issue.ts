import { hashSecret, parseApiKey } from '../../core/api-key.ts';
import type { HookOwner, KeyItem } from '../../core/caller.ts';
import type { CatalogEntry, EntryBody, EntryKind } from '../../core/catalog-entry.ts';
import type { EntryInput } from '../../core/catalog-input.ts';
import { parseIsoTime } from '../../core/iso-time.ts';
import type { ProblemIssue } from '../../core/problem.ts';

/**
 * API keys and hooks are entries that others present to us: beside the catalog entry there is an item found
 * by the id alone. An issued entry carries that id in its body.
 */
export interface Issued {
  readonly kind: EntryKind;
  readonly id: string;
  readonly body: EntryBody;
  readonly key?: { readonly id: string; readonly item: KeyItem };
  readonly hook?: { readonly id: string; readonly owner: HookOwner };
}

export interface IssueDeps {
  readonly secrets: (tenant: string, names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly random: (bytes: number) => Uint8Array;
  /** Epoch ms. */
  readonly now: () => number;
  readonly credentials: {
    readonly putKey: (id: string, item: KeyItem) => Promise<boolean>;
    readonly removeKey: (id: string, tenant: string) => Promise<void>;
    readonly putHook: (id: string, owner: HookOwner) => Promise<boolean>;
    readonly removeHook: (id: string, tenant: string) => Promise<void>;
  };
}

export type Issuing =
  | { readonly ok: true; readonly value: Issued }
  | { readonly ok: false; readonly issue: ProblemIssue };

/** Completes a new entry: a hook keeps its address or gets one, a key takes its id from its secret. */
export async function issue(
  tenant: string,
  input: EntryInput,
  before: CatalogEntry | undefined,
  deps: IssueDeps,
): Promise<Issuing> {
  if (input.kind === 'hook') return { ok: true, value: issueHook(tenant, input, before, deps) };
  if (input.kind === 'key') return issueKey(tenant, input, deps);
  const { kind, id, body } = input;
  return { ok: true, value: { kind, id, body } };
}

/** Makes what was issued usable. False when the id of a key is taken by somebody else. */
export async function activate({ key, hook }: Issued, { credentials }: IssueDeps): Promise<boolean> {
  if (key) return credentials.putKey(key.id, key.item);
  if (hook) return credentials.putHook(hook.id, hook.owner);
  return true;
}

/** Ends what an entry issued, unless its successor presents the same id. */
export async function revoke(
  tenant: string,
  kind: EntryKind,
  before: EntryBody | undefined,
  after: EntryBody | undefined,
  { credentials }: IssueDeps,
): Promise<void> {
  const [keyId, hookId] = [before?.['keyId'], before?.['hookId']];
  if (kind === 'key' && typeof keyId === 'string' && keyId !== after?.['keyId']) {
    await credentials.removeKey(keyId, tenant);
  }
  if (kind === 'hook' && typeof hookId === 'string' && hookId !== after?.['hookId']) {
    await credentials.removeHook(hookId, tenant);
  }
}

function issueHook(
  tenant: string,
  { kind, id, body: { source } }: EntryInput<'hook'>,
  before: CatalogEntry | undefined,
  { random }: IssueDeps,
): Issued {
  const keeps = before?.kind === 'hook' && before.body.source === source;
  const hookId = keeps ? before.body.hookId : Buffer.from(random(24)).toString('base64url');
  return { kind, id, body: { source, hookId }, hook: { id: hookId, owner: { tenant, source } } };
}

async function issueKey(tenant: string, input: EntryInput<'key'>, deps: IssueDeps): Promise<Issuing> {
  const { secret, scopes, expiresAt, eventsPerSecond } = input.body;
  const refused = (detail: string): Issuing => ({
    ok: false,
    issue: { pointer: `${input.pointer}/secret`, code: 'invalid', detail },
  });
  const value = (await deps.secrets(tenant, [secret])).get(secret);
  if (value === undefined)
    return refused(`no value is stored under "${secret}"; store the API key there first`);
  const key = parseApiKey(value.trim());
  if (!key) return refused(`what is stored under "${secret}" is not an API key (fan_live_...)`);
  const hash = hashSecret(key.secret);
  const until = expiresAt === undefined ? undefined : parseIsoTime(expiresAt);
  const item: KeyItem = {
    tenant,
    hash,
    scopes,
    createdAt: deps.now(),
    ...(until !== undefined && { expiresAt: until }),
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    managed: true,
  };
  const body = { ...input.body, keyId: key.id, print: hash.slice(0, 16) };
  return { ok: true, value: { kind: input.kind, id: input.id, body, key: { id: key.id, item } } };
}
