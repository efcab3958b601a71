import type { Channel, FieldIssue } from '../../channel.ts';
import { type Destination, type Limit, type Settings, secretNames } from '../../core/catalog.ts';
import type { Opened } from './prepare.ts';

export interface OpenDeps {
  /** Values by reference name; throws when the source of secrets does not answer. */
  readonly secrets: (tenant: string, names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly resolve: (
    channel: Channel,
    settings: Settings,
    secrets: ReadonlyMap<string, string>,
  ) =>
    | { readonly ok: true; readonly settings: Readonly<Record<string, unknown>> }
    | { readonly ok: false; readonly issues: readonly FieldIssue[] };
  readonly now: () => number;
}

/** How long an opened destination is used before its secrets are asked for again. */
const OPEN_MS = 60_000;

/**
 * Opens destinations: resolves their secrets, checks what came out, remembers the target as long as the
 * destination stands in the catalog snapshot, at most a minute. An opener throws when the source of secrets does
 * not answer; a secret that the source does not have is a fault of the settings.
 */
export function createOpener(deps: OpenDeps) {
  const targets = new WeakMap<Destination, { readonly opened: Opened; readonly at: number }>();
  return async (
    tenant: string,
    channel: Channel,
    destination: Destination,
    limits: readonly Limit[],
  ): Promise<Opened> => {
    const known = targets.get(destination);
    if (known?.opened.ok && deps.now() - known.at < OPEN_MS) return known.opened;
    const opened = await open(tenant, channel, destination, { limits, ...deps });
    targets.set(destination, { opened, at: deps.now() });
    return opened;
  };
}

async function open(
  tenant: string,
  channel: Channel,
  destination: Destination,
  { limits, ...deps }: OpenDeps & { readonly limits: readonly Limit[] },
): Promise<Opened> {
  const secrets = await deps.secrets(tenant, secretNames(Object.values(destination.settings)));
  const resolved = deps.resolve(channel, destination.settings, secrets);
  if (!resolved.ok) {
    return {
      ok: false,
      detail: resolved.issues.map(({ field, message }) => `${field} ${message}`).join('; '),
    };
  }
  const { id, rate, retryMs, breaker, maybe, holdMs, merge } = destination;
  const options = { tenant, destination: id, rate, retryMs, breaker, maybe, holdMs, merge, limits };
  return { ok: true, target: channel.open(resolved.settings, options) };
}
