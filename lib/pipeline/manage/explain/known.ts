import type { Channel } from '../../../channel.ts';
import { type AlertState, firingIn } from '../../../core/alert-state.ts';
import type { Catalog, Destination, Template } from '../../../core/catalog.ts';
import type { Event } from '../../../core/event.ts';
import { type Pause, OPERATOR } from '../../../core/pause.ts';
import type { RouteMatch } from '../../../core/route.ts';
import { type Rules, rulesAt } from '../../../core/rules.ts';
import { type RecipientDeps, findDestination, matchAll } from '../../recipients.ts';

/** What is asked about. */
export interface Subject {
  readonly tenant: string;
  readonly catalog: Catalog;
  readonly event: Event;
  /** In the place of those that routes name. */
  readonly template: Template | undefined;
  /** Epoch ms at which it would be routed. */
  readonly atMs: number;
  readonly nowMs: number;
}

/** What the fan-out would look at. */
export interface Known extends Subject {
  readonly rules: Rules;
  readonly matches: readonly RouteMatch[];
  readonly destinations: ReadonlyMap<string, Destination | undefined>;
  readonly pauses: readonly Pause[];
  readonly channels: ReadonlyMap<string, Channel>;
}

export interface KnownDeps extends RecipientDeps {
  readonly alerts: { readonly list: (tenant: string) => Promise<readonly AlertState[]> };
  readonly pauses: { readonly list: (tenant: string) => Promise<readonly Pause[]> };
  readonly channels: ReadonlyMap<string, Channel>;
}

export async function lookUp(subject: Subject, deps: KnownDeps): Promise<Known> {
  const { tenant, catalog, event, atMs, nowMs } = subject;
  const [own, all] = await Promise.all([deps.pauses.list(tenant), deps.pauses.list(OPERATOR)]);
  // Alerts that fire now, whatever the time that is asked about: of others nobody can know.
  const states = catalog.inhibitions.length === 0 ? [] : await deps.alerts.list(tenant);
  const rules = rulesAt(catalog, atMs, { firing: firingIn(states, nowMs), pack: [event] });
  const matches = (await matchAll(tenant, [event], catalog, rules, deps)).get(event.id) ?? [];
  const found = matches
    .flatMap(({ destinations }) => destinations)
    .map(async (id) => [id, await findDestination(tenant, id, catalog, deps)] as const);
  return {
    ...subject,
    rules,
    matches,
    destinations: new Map(await Promise.all(found)),
    pauses: [...own, ...all],
    channels: deps.channels,
  };
}
