import { type CatalogEntry, type EntryBody, type EntryKind, etagOf } from '../../core/catalog-entry.ts';
import { parseEntryInput } from '../../core/catalog-input.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { normalizeEntry } from './check-destination.ts';
import { type CheckDeps, checkEntries, checkQuota, usersOf } from './check-entries.ts';
import { jsonBody, notFound, refusal, type Step } from './endpoint.ts';
import { entryView } from './entry-view.ts';
import { activate, issue, type IssueDeps, revoke } from './issue.ts';
import { changedMeanwhile, checkOptionalMatch, checkPrecondition, etagHeader } from './precondition.ts';

/** Catalog entries of a tenant, as `lib/stores/catalog-writer.ts` keeps them. */
export interface Entries {
  readonly list: (tenant: string, kind?: EntryKind) => Promise<CatalogEntry[]>;
  readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  readonly put: (
    tenant: string,
    kind: EntryKind,
    id: string,
    body: EntryBody,
    seen: string | undefined,
  ) => Promise<boolean>;
  readonly remove: (tenant: string, kind: EntryKind, id: string, seen: string) => Promise<boolean>;
}

export interface EntryDeps extends CheckDeps, IssueDeps {
  readonly entries: Entries;
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

/** Makes or replaces an entry. What it issues works before the entry shows it, and ends before it is gone. */
export function putEntry(kind: EntryKind, deps: EntryDeps): Step {
  return async ({ caller: { tenant }, params, ...request }) => {
    const parsed = parseEntryInput(kind, params['id'] ?? '', jsonBody({ params, ...request }));
    if (!parsed.ok) throw refusal(parsed.issues);
    const input = normalizeEntry(parsed.value, deps.channels);

    const catalog = await deps.entries.list(tenant);
    const before = catalog.find((entry) => entry.kind === kind && entry.id === input.id);
    checkPrecondition(request.headers, before?.etag);
    const after = before ? catalog : [...catalog, input];
    const issues = await checkEntries(tenant, [input], after, deps);
    if (issues.length > 0) throw refusal(issues);
    checkQuota(after);

    const issued = await issue(tenant, input, before, deps);
    if (!issued.ok) throw refusal([issued.issue]);
    const { body } = issued.value;
    if (!(await activate(issued.value, deps))) throw keyTaken();
    if (!(await deps.entries.put(tenant, kind, input.id, body, before?.etag))) throw changedMeanwhile();
    await revoke(tenant, kind, before?.body, body, deps);
    return {
      status: before ? 200 : 201,
      headers: etagHeader(etagOf(body)),
      body: entryView({ kind, id: input.id, body }),
    };
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
      throw new ProblemError(
        problem('conflict', `Still named by the routes ${users.slice(0, 5).join(', ')}.`),
      );
    }
    await revoke(tenant, kind, entry.body, undefined, deps);
    if (!(await deps.entries.remove(tenant, kind, entry.id, entry.etag))) throw changedMeanwhile();
    return { status: 204 };
  };
}

export function keyTaken(): ProblemError {
  return new ProblemError(problem('conflict', 'The id of this API key is in use; make a new key.'));
}
