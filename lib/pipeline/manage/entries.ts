import type { Change } from '../../core/catalog-diff.ts';
import { type CatalogEntry, type EntryKind, etagOf } from '../../core/catalog-entry.ts';
import { parseEntryInput } from '../../core/catalog-input.ts';
import { isObject } from '../../core/is-object.ts';
import { mergePatch } from '../../core/merge-patch.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { type Carried, carryOut, type CarryOutDeps } from './carry-out.ts';
import { normalizeEntry } from './check-destination.ts';
import { type CheckDeps, checkEntries, checkSizes, usersOf } from './check-entries.ts';
import { type Call, jsonBody, type ManageAnswer, notFound, refusal, type Step } from './endpoint.ts';
import { entryView } from './entry-view.ts';
import { checkShared, issue, type IssueDeps, keyTaken } from './issue.ts';
import { changedMeanwhile, checkOptionalMatch, checkPrecondition, etagHeader } from './precondition.ts';

/** Catalog entries of a tenant, as `lib/stores/catalog-writer.ts` keeps them. */
export interface Entries {
  readonly list: (tenant: string, kind?: EntryKind) => Promise<CatalogEntry[]>;
}

export interface EntryDeps extends CheckDeps, IssueDeps, CarryOutDeps {
  readonly entries: Entries & CarryOutDeps['entries'];
  readonly credentials: IssueDeps['credentials'] & CarryOutDeps['credentials'];
}

export function listEntries(kind: EntryKind, { entries }: Pick<EntryDeps, 'entries'>): Step {
  return async ({ caller }) => {
    const found = await entries.list(caller.tenant, kind);
    return { status: 200, body: { items: found.map(entryView) } };
  };
}

export function getEntry(kind: EntryKind, { entries }: Pick<EntryDeps, 'entries'>): Step {
  return async ({ caller, params }) => {
    const entry = await entries.find(caller.tenant, kind, params['id'] ?? '');
    if (!entry) throw notFound();
    return { status: 200, headers: etagHeader(entry.etag), body: entryView(entry) };
  };
}

/** Makes or replaces an entry. */
export function putEntry(kind: EntryKind, deps: EntryDeps): Step {
  return async (call) => {
    const catalog = await deps.entries.list(call.caller.tenant);
    const before = catalog.find((entry) => entry.kind === kind && entry.id === call.params['id']);
    return await replace(kind, jsonBody(call), { catalog, before }, call, deps);
  };
}

/** Changes members of an entry by a JSON Merge Patch (RFC 7396). */
export function patchEntry(kind: EntryKind, deps: EntryDeps): Step {
  return async (call) => {
    const patch = jsonBody(call);
    const catalog = await deps.entries.list(call.caller.tenant);
    const before = catalog.find((entry) => entry.kind === kind && entry.id === call.params['id']);
    if (!before) throw notFound();
    if (!isObject(patch)) {
      throw refusal([{ pointer: '', code: 'invalid', detail: 'write an object with the members to change' }]);
    }
    return await replace(kind, mergePatch(entryView(before), patch), { catalog, before }, call, deps);
  };
}

interface Seen {
  readonly catalog: readonly CatalogEntry[];
  readonly before: CatalogEntry | undefined;
}

async function replace(
  kind: EntryKind,
  value: unknown,
  { catalog, before }: Seen,
  { caller: { tenant }, params, headers }: Call,
  deps: EntryDeps,
): Promise<ManageAnswer> {
  const parsed = parseEntryInput(kind, params['id'] ?? '', value);
  if (!parsed.ok) throw refusal(parsed.issues);
  const input = normalizeEntry(parsed.value, deps.channels);
  checkPrecondition(headers, before?.etag);
  const others = catalog.filter((entry) => entry !== before);
  const after = [...others, input];
  checkSizes([input], after);
  const issues = await checkEntries(tenant, [input], after, deps);
  if (issues.length > 0) throw refusal(issues);
  const issued = await issue(tenant, input, before, deps);
  if (!issued.ok) throw refusal([issued.issue]);
  const shared = checkShared([issued.value], others, () => '');
  if (shared.length > 0) throw refusal(shared);

  const { body } = issued.value;
  const op = before ? 'update' : 'create';
  const change: Change = { op, kind, id: input.id, body, fields: [], ...(before && { before: before.body }) };
  checkCarried(await carryOut(tenant, change, issued.value, deps));
  return {
    status: before ? 200 : 201,
    headers: etagHeader(etagOf(body)),
    body: entryView({ kind, id: input.id, body }),
  };
}

export function deleteEntry(kind: EntryKind, deps: EntryDeps): Step {
  return async ({ caller: { tenant }, params, headers }) => {
    const catalog = await deps.entries.list(tenant);
    const entry = catalog.find((one) => one.kind === kind && one.id === params['id']);
    if (!entry) throw notFound();
    checkOptionalMatch(headers, entry.etag);
    const users = usersOf(entry, catalog);
    if (users.length > 0) {
      throw new ProblemError(problem('conflict', `Still named by ${users.slice(0, 5).join(', ')}.`));
    }
    const change: Change = { op: 'delete', kind, id: entry.id, before: entry.body, fields: [] };
    checkCarried(await carryOut(tenant, change, undefined, deps));
    return { status: 204 };
  };
}

function checkCarried(carried: Carried): void {
  if (carried === 'changed') throw changedMeanwhile();
  if (carried === 'taken') throw keyTaken();
}
