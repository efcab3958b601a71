import { type Channel, type Scope, SHARED_LIMIT, type Target } from '../../channel.ts';
import { type Catalog, type Destination, limitsOf } from '../../core/catalog.ts';
import type { ScopeId, ScopeState } from '../../core/scope.ts';
import type { NamedScope } from '../../core/waits.ts';
import type { PrepareDeps } from '../deliver/prepare.ts';

export interface ScopesDeps {
  readonly open: PrepareDeps['open'];
  readonly channels: ReadonlyMap<string, Channel>;
  readonly scopeState: (scope: ScopeId) => Promise<ScopeState>;
}

type Opened =
  /** Its own scope first. */
  | { readonly ok: true; readonly target: Target; readonly scopes: readonly NamedScope[] }
  /** `undefined`: nobody knows its channel. */
  | { readonly ok: false; readonly detail: string | undefined };

/** Opens a destination as the next attempt would, and reads all of its scopes as they stand. */
export async function openScopes(
  tenant: string,
  destination: Destination,
  catalog: Pick<Catalog, 'limits'>,
  { open, channels, scopeState }: ScopesDeps,
): Promise<Opened> {
  const channel = channels.get(destination.channel);
  if (!channel) return { ok: false, detail: undefined };
  const opened = await open(tenant, channel, destination, limitsOf(catalog, destination.id)).catch(
    () => ({ ok: false, detail: 'its secrets cannot be looked up now' }) as const,
  );
  if (!opened.ok) return opened;
  const { target } = opened;
  const states = await Promise.all(target.scopes.map(({ id }) => scopeState({ tenant, id })));
  const scopes = target.scopes.map((scope, index) => ({ name: nameOf(scope), state: states[index]! }));
  return { ok: true, target, scopes };
}

/** Of the limits of the catalog there may be several. */
function nameOf({ id, name }: Scope): string {
  return name === SHARED_LIMIT ? id.replace(':', ' ') : name;
}
