import type { Event } from '../../core/event.ts';
import { type EventRecord, type Kept, type RecordWrite, isLive } from '../../core/event-record.ts';
import type { EventPack } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { forEach } from '../each.ts';
import type { Read } from '../read.ts';

export interface ContestDeps {
  readonly events: {
    readonly read: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, EventRecord>>;
    readonly write: (tenant: string, writes: readonly RecordWrite[]) => Promise<Kept>;
  };
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly telemetry: Telemetry;
}

/**
 * Drops events that lost their id. Two posts may use one id for different events at the same moment: neither
 * finds a record, so both get into the queue. The record decides, for ingest and for fan-out alike: the first
 * content written under the id is the event and was answered 202, any other is answered 422 and ends here. Where
 * fan-out comes before ingest's record it writes the record itself, so nothing goes out that could lose later.
 *
 * Only ids that a producer chose are asked about: one read per event, up to two more where ingest has not written
 * yet, and a write unit (that of ingest, which then fails) only when fan-out is first all the same. A reservation
 * before the queue would take one more for every event.
 *
 * Packs whose contests cannot be decided are left out: they come again.
 */
export async function decideContests(
  packs: readonly Read<EventPack>[],
  deps: ContestDeps,
): Promise<Read<EventPack>[]> {
  const byTenant = Map.groupBy(packs, ({ message }) => message.tenant);
  const step = ([tenant, own]: readonly [string, readonly Read<EventPack>[]]) => decide(tenant, own, deps);
  return (await forEach(byTenant, step, 'event records cannot be read', deps)).flat();
}

async function decide(
  tenant: string,
  packs: readonly Read<EventPack>[],
  deps: ContestDeps,
): Promise<Read<EventPack>[]> {
  const contenders = packs.flatMap(({ message }) => contendersOf(message));
  if (contenders.length === 0) return [...packs];
  const winners = await winnersOf(tenant, contenders, deps);
  return packs.flatMap(({ record, message }) => {
    const own = contendersOf(message);
    if (own.some(({ event }) => !winners.has(event.id))) return [];
    const lost = new Set(own.filter(({ event, hash }) => winners.get(event.id) !== hash));
    if (lost.size === 0) return { record, message };
    const ids = [...lost].map(({ event }) => event.id);
    deps.telemetry.log('warn', 'ids were used for other events', { tenant, ids });
    const items = message.items.filter(({ id }) => !ids.includes(id));
    return { record, message: { ...message, items } };
  });
}

interface Contender {
  readonly event: Event;
  readonly hash: string;
  readonly pack: string;
}

function contendersOf({ items, hashes = {}, pack }: EventPack): Contender[] {
  return items.flatMap((event) => {
    const hash = Object.hasOwn(hashes, event.id) ? hashes[event.id] : undefined;
    return hash === undefined ? [] : [{ event, hash, pack }];
  });
}

/** Hash of the content that each id stands for, as far as it can be said; decided here where nobody has. */
async function winnersOf(
  tenant: string,
  contenders: readonly Contender[],
  deps: ContestDeps,
): Promise<Map<string, string>> {
  const firsts = new Map(contenders.toReversed().map((one) => [one.event.id, one]));
  const { winners, expired } = await recorded(tenant, [...firsts.keys()], deps);
  const open = [...firsts.values()].filter(({ event }) => !winners.has(event.id));
  if (open.length === 0) return winners;
  const common = { kind: 'event', at: deps.now(), isAlert: false, isContested: true } as const;
  const kept = await deps.events.write(
    tenant,
    open.map((one) => ({ ...common, ...one, replaces: expired.get(one.event.id) })),
  );
  open.forEach(({ event }, index) => {
    const hash = kept[index];
    if (hash !== undefined) winners.set(event.id, hash);
  });
  return winners;
}

/** Ingest writes its records right after it has sent: a moment's patience saves a write that fails, for each event. */
const INGEST_WRITES_MS = [50, 100] as const;

/** Ingest saw no live record before it sent; one about to expire is that very one, seen by another clock. */
const CLOCKS_DIFFER_MS = 60_000;

/** What is on record: the contents that stand, and the `ttl` of records that have to be replaced. */
async function recorded(tenant: string, ids: readonly string[], { events, now, wait }: ContestDeps) {
  const winners = new Map<string, string>();
  const expired = new Map<string, number>();
  const look = async (): Promise<void> => {
    const unknown = ids.filter((id) => !winners.has(id));
    for (const [id, record] of await events.read(tenant, unknown)) {
      if (isLive(record, now() + CLOCKS_DIFFER_MS)) winners.set(id, record.hash);
      else expired.set(id, record.ttl);
    }
  };
  await look();
  for (const ms of INGEST_WRITES_MS) if (winners.size < ids.length) await wait(ms).then(look);
  return { winners, expired };
}
