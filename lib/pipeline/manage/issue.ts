import { hashSecret, parseApiKey } from '../../core/api-key.ts';
import { SCOPES } from '../../core/catalog.ts';
import type { HookOwner, KeyItem } from '../../core/caller.ts';
import { type CatalogEntry, type EntryBody, type EntryKind, etagOf } from '../../core/catalog-entry.ts';
import type { EntryInput } from '../../core/catalog-input.ts';
import { parseIsoTime } from '../../core/iso-time.ts';
import { ProblemError, type ProblemIssue, problem } from '../../core/problem.ts';

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
    /** Whether another tenant has this key. */
    readonly isTaken: (keyId: string, tenant: string) => Promise<boolean>;
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
  const { secret, scopes, expiresAt, eventsPerSecond, urgentPerSecond } = input.body;
  const refused = (detail: string): Issuing => ({
    ok: false,
    issue: { pointer: `${input.pointer}/secret`, code: 'invalid', detail },
  });
  const value = (await deps.secrets(tenant, [secret])).get(secret);
  if (value === undefined)
    return refused(`no value is stored under "${secret}"; store the API key there first`);
  const key = parseApiKey(value.trim());
  if (!key) return refused(`what is stored under "${secret}" is not an API key (fan_live_...)`);
  if (await deps.credentials.isTaken(key.id, tenant)) throw keyTaken();
  const hash = hashSecret(key.secret);
  const until = expiresAt === undefined ? undefined : parseIsoTime(expiresAt);
  const item: KeyItem = {
    tenant,
    hash,
    scopes,
    createdAt: deps.now(),
    ...(until !== undefined && { expiresAt: until }),
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    ...(urgentPerSecond !== undefined && { urgentPerSecond }),
  };
  const body = { ...input.body, keyId: key.id, print: hash.slice(0, 16) };
  return { ok: true, value: { kind: input.kind, id: input.id, body, key: { id: key.id, item } } };
}

export function keyTaken(): ProblemError {
  return new ProblemError(problem('conflict', 'The id of this API key is in use; make a new key.'));
}

/** Entries with one secret stand for one key: it cannot have the rights of the one and those of the other. */
export function checkShared(
  issued: readonly Issued[],
  others: readonly CatalogEntry[],
  pointerOf: (issued: Issued) => string,
): ProblemIssue[] {
  const keys = others.filter((entry) => entry.kind === 'key');
  const holders: readonly { readonly id: string; readonly body: EntryBody }[] = [...issued, ...keys];
  return issued.flatMap((one): ProblemIssue[] => {
    if (!one.key) return [];
    const other = holders.find(
      ({ id, body }) =>
        id !== one.id && body['keyId'] === one.key?.id && rightsOf(body) !== rightsOf(one.body),
    );
    if (!other) return [];
    const detail = `this is the key of "${other.id}" as well: give both the same scopes, expiry and quota`;
    return [{ pointer: `${pointerOf(one)}/scopes`, code: 'invalid', detail }];
  });
}

function rightsOf({ scopes, expiresAt, eventsPerSecond, urgentPerSecond }: EntryBody): string {
  const held = SCOPES.filter((scope) => Array.isArray(scopes) && scopes.includes(scope));
  return etagOf({ held, expiresAt, eventsPerSecond, urgentPerSecond });
}
