import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import { INBOX } from '../../core/destination-id.ts';
import { isObject } from '../../core/is-object.ts';
import { token } from '../../core/json.ts';
import { mergePatch } from '../../core/merge-patch.ts';
import { ProblemError, type ProblemIssue, problem } from '../../core/problem.ts';
import { type Person, type Recipient, type Team, isTeam } from '../../core/recipient.ts';
import { parseRecipientInput } from '../../core/recipient-input.ts';
import { everyRoute } from '../../core/route-tree.ts';
import { etagOf } from '../../core/catalog-entry.ts';
import { type DestinationDeps, checkDestination } from './check-destination.ts';
import { type Call, jsonBody, type ManageAnswer, notFound, refusal, type Step } from './endpoint.ts';
import { pagingOf } from './paging.ts';
import { changedMeanwhile, checkOptionalMatch, checkPrecondition, etagHeader } from './precondition.ts';

interface Stored {
  readonly recipient: Recipient;
  readonly etag: string;
}

export interface RecipientsDeps extends DestinationDeps {
  readonly directory: {
    readonly find: (tenant: string, id: string) => Promise<Stored | undefined>;
    readonly findAll: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Recipient>>;
    /** `seen`: the tag that was read; absent: it must be new. False: somebody else was faster. */
    readonly put: (tenant: string, recipient: Recipient, seen: string | undefined) => Promise<boolean>;
    readonly remove: (tenant: string, id: string, seen: string) => Promise<boolean>;
    readonly page: (tenant: string, limit: number, after: string | undefined) => Promise<readonly Stored[]>;
  };
  readonly entries: {
    readonly list: (tenant: string, kind?: EntryKind) => Promise<readonly CatalogEntry[]>;
  };
}

/** All of a tenant's people and teams, in the order of their ids. */
export function listRecipients({ directory }: Pick<RecipientsDeps, 'directory'>): Step {
  return async ({ caller, query }) => {
    const { limit, after, next } = pagingOf({ caller, query }, 'recipients');
    const page = await directory.page(caller.tenant, limit, after);
    const last = page.length === limit ? page.at(-1)?.recipient.id : undefined;
    return { status: 200, body: { items: page.map(({ recipient }) => recipient), ...next(last) } };
  };
}

export function getRecipient(deps: Pick<RecipientsDeps, 'directory'>): Step {
  return async (call) => {
    const { recipient, etag } = await stored(call, deps);
    return { status: 200, headers: etagHeader(etag), body: recipient };
  };
}

/** Makes or replaces a person or a team. Whoever keeps them elsewhere may write them without reading them first. */
export function putRecipient(deps: RecipientsDeps): Step {
  return async (call) => {
    const before = await deps.directory.find(call.caller.tenant, call.params['id'] ?? '');
    if (call.headers['if-none-match'] !== undefined) checkPrecondition(call.headers, before?.etag);
    return await replace(jsonBody(call), before, call, deps);
  };
}

/** Changes members of a recipient by a JSON Merge Patch (RFC 7396). */
export function patchRecipient(deps: RecipientsDeps): Step {
  return async (call) => {
    const patch = jsonBody(call);
    const before = await stored(call, deps);
    if (!isObject(patch))
      throw refusal([{ pointer: '', code: 'invalid', detail: 'write an object with the members to change' }]);
    return await replace(mergePatch(before.recipient, patch), before, call, deps);
  };
}

export function deleteRecipient(deps: RecipientsDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const { recipient, etag } = await stored(call, deps);
    checkOptionalMatch(call.headers, etag);
    const users = (await deps.entries.list(tenant, 'route')).filter(
      (entry) =>
        entry.kind === 'route' &&
        everyRoute(entry.body).some(({ route }) => route.recipients?.includes(recipient.id)),
    );
    if (users.length > 0) {
      const named = users.slice(0, 5).map(({ id }) => `route ${id}`);
      throw new ProblemError(problem('conflict', `Still named by ${named.join(', ')}.`));
    }
    if (!(await deps.directory.remove(tenant, recipient.id, etag))) throw changedMeanwhile();
    return { status: 204 };
  };
}

/** The recipient that a path names. Ends the request where there is none. */
export async function stored(
  { caller, params }: Pick<Call, 'caller' | 'params'>,
  { directory }: Pick<RecipientsDeps, 'directory'>,
): Promise<Stored> {
  const found = await directory.find(caller.tenant, params['id'] ?? '');
  if (!found) throw notFound();
  return found;
}

async function replace(
  value: unknown,
  before: Stored | undefined,
  { caller: { tenant }, params, headers }: Call,
  deps: RecipientsDeps,
): Promise<ManageAnswer> {
  const parsed = parseRecipientInput(params['id'] ?? '', value);
  if (!parsed.ok) throw refusal(parsed.issues);
  const recipient = parsed.value;
  if (before) checkOptionalMatch(headers, before.etag);
  else if (headers['if-match'] !== undefined)
    throw new ProblemError(problem('precondition-failed', 'There is no such recipient.'));
  const issues = await (isTeam(recipient)
    ? checkTeam(tenant, recipient, deps)
    : checkPerson(tenant, recipient, deps));
  if (issues.length > 0) throw refusal(issues);
  const { id: _, ...body } = recipient;
  if (!(await deps.directory.put(tenant, recipient, before?.etag))) throw changedMeanwhile();
  return { status: before ? 200 : 201, headers: etagHeader(etagOf(body)), body: recipient };
}

async function checkTeam(
  tenant: string,
  { members }: Team,
  { directory }: RecipientsDeps,
): Promise<ProblemIssue[]> {
  const found = await directory.findAll(tenant, members);
  return members.flatMap((id, index) => {
    const one = found.get(id);
    if (one && !isTeam(one)) return [];
    const detail = one ? `"${id}" is a team: name its members` : `there is no recipient "${id}"`;
    return [{ pointer: `/members/${index}`, code: one ? 'invalid' : 'unknown', detail }];
  });
}

async function checkPerson(
  tenant: string,
  { destinations = [], preferences = [] }: Person,
  deps: RecipientsDeps,
): Promise<ProblemIssue[]> {
  const entries = destinations.length > 0 ? await deps.entries.list(tenant, 'destination') : [];
  const bases = new Map(
    entries.flatMap((entry) => (entry.kind === 'destination' ? [[entry.id, entry.body] as const] : [])),
  );
  const places = destinations.map(async (address, index): Promise<ProblemIssue[]> => {
    const pointer = `/destinations/${index}`;
    const isOwn = typeof address !== 'string';
    const id = isOwn ? address.through : address;
    const base = bases.get(id);
    if (!base) {
      const detail = `there is no destination "${id}" in the catalog`;
      return [{ pointer: isOwn ? `${pointer}/through` : pointer, code: 'unknown', detail }];
    }
    if (!isOwn) return [];
    const body = { ...base, settings: { ...base.settings, ...address.settings } };
    return await checkDestination(tenant, { body, pointer }, deps);
  });
  const known = [...deps.channels.keys(), INBOX];
  const channels = preferences.flatMap(({ channels: named }, index) =>
    Object.keys(named)
      .filter((name) => !known.includes(name))
      .map((name) => ({
        pointer: `/preferences/${index}/channels/${token(name)}`,
        code: 'oneOf',
        detail: `there is no such channel; the channels are ${known.join(', ')}`,
      })),
  );
  return [...(await Promise.all(places)).flat(), ...channels];
}
