import type { Catalog } from '../../core/catalog.ts';
import type { Event } from '../../core/event.ts';
import { type FanOut, planFanOuts } from '../../core/fan-out.ts';
import type { MakeLink } from '../../core/links.ts';
import type { EventPack, QueueRecord } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { type KeptUntil, keptUntil } from '../../core/retention.ts';
import { rulesAt } from '../../core/rules.ts';
import { forEach, toError } from '../each.ts';
import type { Read } from '../read.ts';
import { type Matches, type RecipientDeps, matchAll } from '../recipients.ts';
import { type CountDeps, countIn } from './count.ts';
import { type NoteDeps, heardBy, noteSilences } from './note-silences.ts';
import { type StandInDeps, addStandIns } from './stand-ins.ts';

export interface RouteDeps extends CountDeps, RecipientDeps, NoteDeps, StandInDeps {
  readonly catalog: (tenant: string) => Promise<Catalog>;
  /** The alerts of a tenant that fire, by their events; asked only where rules want to know. */
  readonly firing: (tenant: string) => Promise<readonly Event[]>;
  /** Inserts fan-out records, or closes those that are open, or answers those that are there already; `undefined`: not known. */
  readonly record: (planned: readonly FanOut[], until: KeptUntil) => Promise<readonly (FanOut | undefined)[]>;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

/** A pack with what its events lead to. */
export interface Routed {
  readonly record: QueueRecord;
  readonly pack: EventPack;
  readonly catalog: Catalog;
  readonly matches: Matches;
  readonly fanOuts: readonly FanOut[];
  /** Absent: none of its deliveries has links. */
  readonly makeLink?: MakeLink;
}

/** Matches every event, counts it, and records the result before anything is sent; packs that cannot be are left out. */
export async function route(packs: readonly Read<EventPack>[], deps: RouteDeps): Promise<Routed[]> {
  const planned = await forEach(packs, (read) => match(read, deps), 'events cannot be matched', deps);
  const noted = await noteSilences(planned, deps);
  const nowMs = deps.now();
  const until: KeptUntil = (days) => keptUntil(nowMs, days);
  const matched = await countIn(noted, until, deps);
  const recorded = await writeDown(
    matched.flatMap((one) => one.planned),
    until,
    deps,
  );
  let position = 0;
  return matched.flatMap(({ planned: own, ...one }): Routed[] => {
    const fanOuts = recorded.slice(position, (position += own.length)).filter((found) => found !== undefined);
    return fanOuts.length === own.length ? [{ ...one, fanOuts }] : [];
  });
}

async function match({ record, message }: Read<EventPack>, deps: RouteDeps) {
  const catalog = await deps.catalog(message.tenant);
  const firing = catalog.inhibitions.length === 0 ? [] : await deps.firing(message.tenant);
  const rules = rulesAt(catalog, deps.now(), { firing, pack: message.items });
  const routes = await matchAll(message.tenant, message.items, catalog, rules, deps);
  const { pack, matches } = await addStandIns({ pack: message, matches: routes }, catalog, deps);
  const hushedBy = new Set<string>();
  const hush = catalog.silences.length === 0 ? rules.hush : heardBy(rules.hush, hushedBy);
  const planned = planFanOuts(pack, { ...rules, hush, matchesOf: ({ id }) => matches.get(id)! });
  return { record, pack, catalog, matches, planned, hushedBy };
}

async function writeDown(
  planned: readonly FanOut[],
  until: KeptUntil,
  deps: RouteDeps,
): Promise<readonly (FanOut | undefined)[]> {
  try {
    return planned.length === 0 ? [] : await deps.record(planned, until);
  } catch (error) {
    deps.telemetry.log('error', 'fan-out records cannot be read', { error: toError(error) });
    return [];
  }
}
