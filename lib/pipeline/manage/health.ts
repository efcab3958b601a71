import { OWN_SCOPE, ownScopeId } from '../../channel.ts';
import type { Catalog, Destination } from '../../core/catalog.ts';
import { DESTINATION_ID, personOf, throughOf } from '../../core/destination-id.ts';
import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import { type Health, healthOf } from '../../core/health.ts';
import { isoTime } from '../../core/iso-time.ts';
import { OPERATOR, type Pause, isPaused } from '../../core/pause.ts';
import { isTeam, personalDestination } from '../../core/recipient.ts';
import { waitsOf } from '../../core/waits.ts';
import { notFound, type Step } from './endpoint.ts';
import type { RecipientsDeps } from './recipients.ts';
import { type ScopesDeps, openScopes } from './scopes.ts';

export interface HealthDeps extends ScopesDeps, Pick<RecipientsDeps, 'directory'> {
  /** The tenant's catalog as it stands. */
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly entries: {
    readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  };
  readonly pauses: { readonly list: (tenant: string) => Promise<readonly Pause[]> };
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * Whether messages get through to one destination, one of a person too, and if not, what holds them up: limits that it
 * shares with others included.
 */
export function getHealth({ entries, directory, pauses, catalog, now, ...deps }: HealthDeps): Step {
  return async ({ caller: { tenant }, params }) => {
    const destination = await find(tenant, params['id'] ?? '', { entries, directory });
    if (!destination) throw notFound();
    const { id, channel, enabled, disabledReason } = destination;
    const [opened, own, all] = await Promise.all([
      openScopes(tenant, destination, await catalog(tenant), deps),
      pauses.list(tenant),
      pauses.list(OPERATOR),
    ]);
    // Of what cannot be opened its own scope is known all the same.
    const scopes = opened.ok
      ? opened.scopes
      : [{ name: OWN_SCOPE, state: await deps.scopeState({ tenant, id: ownScopeId(id) }) }];
    const nowMs = now();
    const waits = waitsOf(scopes, nowMs);
    return {
      status: 200,
      body: {
        id,
        channel,
        enabled,
        ...(disabledReason !== undefined && { disabledReason }),
        paused: isPaused([...own, ...all], { id, channel }),
        ...viewOf(healthOf(scopes[0]!.state, nowMs)),
        ...(!opened.ok && opened.detail !== undefined && { fault: opened.detail }),
        ...(waits.length > 0 && { waits }),
      },
    };
  };
}

async function find(
  tenant: string,
  id: string,
  { entries, directory }: Pick<HealthDeps, 'entries' | 'directory'>,
): Promise<Destination | undefined> {
  if (!DESTINATION_ID.test(id)) return undefined;
  const entry = await entries.find(tenant, 'destination', throughOf(id));
  if (entry?.kind !== 'destination') return undefined;
  const base = { id: entry.id, ...entry.body };
  const owner = personOf(id);
  if (owner === undefined) return base;
  const found = await directory.find(tenant, owner);
  return found && !isTeam(found.recipient) ? personalDestination(found.recipient, base) : undefined;
}

function viewOf({ state, sends, circuit, paceShare, nextSlotMs, backlogUntilMs }: Health): object {
  return {
    state,
    ...(sends && {
      recent: { since: isoTime(sends.sinceMs), failed: sends.failed, delivered: sends.delivered },
    }),
    ...(circuit && {
      circuit: { state: circuit.probing ? 'probing' : 'open', until: isoTime(circuit.untilMs) },
    }),
    ...(paceShare !== undefined && { paceShare: Number(paceShare.toFixed(2)) }),
    ...(nextSlotMs !== undefined && { nextSlotAt: isoTime(nextSlotMs) }),
    ...(backlogUntilMs !== undefined && { backlogUntil: isoTime(backlogUntilMs) }),
  };
}
