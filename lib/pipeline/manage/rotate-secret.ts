import type { Channel } from '../../channel.ts';
import { isSecretRef, type SecretRef } from '../../core/catalog.ts';
import { etagOf } from '../../core/catalog-entry.ts';
import { parseRotation } from '../../core/catalog-input.ts';
import { oversize } from '../../core/catalog-quota.ts';
import { MAX_SECRETS } from '../../core/entry-schemas.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { checkDestination } from './check-destination.ts';
import { jsonBody, notFound, refusal, type Step } from './endpoint.ts';
import type { EntryDeps } from './entries.ts';
import { entryView } from './entry-view.ts';
import { changedMeanwhile, checkOptionalMatch, etagHeader } from './precondition.ts';

/**
 * Puts a new secret in front of a destination's signing secrets. Receivers see signatures of all of them,
 * so that they can change over in their own time; the old ones leave by a PUT.
 */
export function rotateSecret(deps: EntryDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const parsed = parseRotation(jsonBody(call));
    if (!parsed.ok) throw refusal(parsed.issues);
    const entry = await deps.entries.find(tenant, 'destination', call.params['id'] ?? '');
    if (entry?.kind !== 'destination') throw notFound();
    checkOptionalMatch(call.headers, entry.etag);

    const before = entry.body;
    const field = rotatingField(deps.channels.get(before.channel));
    if (field === undefined)
      throw new ProblemError(problem('conflict', 'This channel has no secrets to rotate.'));
    const secrets = [parsed.value, ...referencesOf(before.settings[field])];
    if (secrets.length > MAX_SECRETS) {
      throw new ProblemError(problem('too-many-secrets', `At most ${MAX_SECRETS}; remove old ones first.`));
    }
    const body = { ...before, settings: { ...before.settings, [field]: secrets } };
    const issues = [
      ...oversize({ ...entry, body }),
      ...(await checkDestination(tenant, { body, pointer: '' }, deps)),
    ];
    if (issues.length > 0) throw refusal(issues);
    if (!(await deps.entries.put(tenant, 'destination', entry.id, body, entry.etag)))
      throw changedMeanwhile();
    return { status: 200, headers: etagHeader(etagOf(body)), body: entryView({ ...entry, body }) };
  };
}

function rotatingField(channel: Channel | undefined): string | undefined {
  return Object.entries(channel?.fields ?? {}).find(([, field]) => field.secret && field.many)?.[0];
}

function referencesOf(setting: unknown): readonly SecretRef[] {
  return [setting].flat().filter(isSecretRef);
}
