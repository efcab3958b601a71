import { ownScopeId } from '../../channel.ts';
import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import { type Health, healthOf } from '../../core/health.ts';
import { isoTime } from '../../core/iso-time.ts';
import { OPERATOR, type Pause, isPaused } from '../../core/pause.ts';
import type { ScopeId, ScopeState } from '../../core/scope.ts';
import { notFound, type Step } from './endpoint.ts';

export interface HealthDeps {
  readonly entries: {
    readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  };
  readonly pauses: { readonly list: (tenant: string) => Promise<readonly Pause[]> };
  readonly scopeState: (scope: ScopeId) => Promise<ScopeState>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Whether messages get through to one destination, and if not, what holds them up. */
export function getHealth({ entries, pauses, scopeState, now }: HealthDeps): Step {
  return async ({ caller: { tenant }, params }) => {
    const entry = await entries.find(tenant, 'destination', params['id'] ?? '');
    if (entry?.kind !== 'destination') throw notFound();
    const { channel, enabled, disabledReason } = entry.body;
    const [state, own, all] = await Promise.all([
      scopeState({ tenant, id: ownScopeId(entry.id) }),
      pauses.list(tenant),
      pauses.list(OPERATOR),
    ]);
    return {
      status: 200,
      body: {
        id: entry.id,
        channel,
        enabled,
        ...(disabledReason !== undefined && { disabledReason }),
        paused: isPaused([...own, ...all], { id: entry.id, channel }),
        ...viewOf(healthOf(state, now())),
      },
    };
  };
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
