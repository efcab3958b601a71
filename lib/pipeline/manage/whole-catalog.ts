import { diffCatalog } from '../../core/catalog-diff.ts';
import type { CatalogEntry } from '../../core/catalog-entry.ts';
import { type EntryInput, parseCatalogInput } from '../../core/catalog-input.ts';
import type { ProblemIssue } from '../../core/problem.ts';
import { applyChanges, type ApplyDeps } from './apply-changes.ts';
import { normalizeEntry } from './check-destination.ts';
import { checkEntries, checkSizes } from './check-entries.ts';
import type { EntryDeps } from './entries.ts';
import { jsonBody, type ManageRequest, refusal, type Step } from './endpoint.ts';
import { catalogView } from './entry-view.ts';
import { checkShared, issue, type Issued } from './issue.ts';
import { changedMeanwhile, checkPrecondition, etagHeader } from './precondition.ts';

export interface WholeCatalogDeps extends EntryDeps, ApplyDeps {
  readonly entries: EntryDeps['entries'] & {
    readonly version: (tenant: string) => Promise<number>;
    readonly begin: (tenant: string, seenVersion: number) => Promise<boolean>;
  };
}

export function getCatalog({ entries }: Pick<WholeCatalogDeps, 'entries'>): Step {
  return async ({ caller: { tenant } }) => {
    const version = await entries.version(tenant);
    const found = await entries.list(tenant);
    return { status: 200, headers: etagHeader(version), body: catalogView(found) };
  };
}

/**
 * Makes the catalog equal to the body. `dryRun=true` only answers what would change; `keep=true` lets
 * entries stay that the body does not name. Nothing is written when anything is wrong with the body. What can
 * fail later is told change by change, and the same request, sent again, finishes it.
 */
export function putCatalog(deps: WholeCatalogDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const keep = call.query.get('keep') === 'true';
    const dryRun = call.query.get('dryRun') === 'true';
    const parsed = parseCatalogInput(jsonBody(call));
    if (!parsed.ok) throw refusal(parsed.issues);
    const inputs = parsed.value.map((input) => normalizeEntry(input, deps.channels));

    const version = await deps.entries.version(tenant);
    if (!dryRun) checkVersion(call.headers, version);
    const current = await deps.entries.list(tenant);
    const kept = keep ? unnamed(current, inputs) : [];
    const after = [...kept, ...inputs];
    checkSizes(inputs, after);
    const issues = await checkEntries(tenant, inputs, after, deps);
    const wanted = await issueAll(tenant, inputs, current, issues, deps);
    issues.push(...checkShared(wanted, kept, ({ kind, id }) => pointerOf(inputs, kind, id)));
    if (issues.length > 0) throw refusal(issues);

    const changes = diffCatalog(current, wanted, !keep);
    if (!dryRun && changes.length > 0) {
      if (!(await deps.entries.begin(tenant, version))) throw changedMeanwhile();
      await applyChanges(tenant, changes, wanted, deps);
    }
    const next = dryRun || changes.length === 0 ? version : await deps.entries.version(tenant);
    const shown = changes.map(({ op, kind, id, fields }) => ({ op, kind, id, fields }));
    return { status: 200, headers: etagHeader(next), body: { changes: shown } };
  };
}

/** A first catalog may be written blind; version 0 stands for none. */
function checkVersion(headers: ManageRequest['headers'], version: number): void {
  const blind = version === 0 && headers['if-match'] === undefined;
  checkPrecondition(headers, blind ? undefined : String(version));
}

async function issueAll(
  tenant: string,
  inputs: readonly EntryInput[],
  current: readonly CatalogEntry[],
  issues: ProblemIssue[],
  deps: EntryDeps,
): Promise<Issued[]> {
  const issued: Issued[] = [];
  for (const input of inputs) {
    const before = current.find((entry) => entry.kind === input.kind && entry.id === input.id);
    const result = await issue(tenant, input, before, deps);
    if (result.ok) issued.push(result.value);
    else issues.push(result.issue);
  }
  return issued;
}

function pointerOf(inputs: readonly EntryInput[], kind: string, id: string): string {
  return inputs.find((input) => input.kind === kind && input.id === id)?.pointer ?? '';
}

function unnamed(current: readonly CatalogEntry[], inputs: readonly EntryInput[]): CatalogEntry[] {
  return current.filter(({ kind, id }) => !inputs.some((input) => input.kind === kind && input.id === id));
}
