import { FAILOVER_PACK } from '../../lib/core/failover.ts';
import { derivedId } from '../../lib/core/canonical.ts';
import { type DeliveryRef, refText } from '../../lib/core/claim.ts';
import { keys } from '../../lib/core/keys.ts';
import { REPLAY_PREFIX } from '../../lib/core/replay.ts';
import { TABLES } from './functions.ts';
import { type Listed, type Ref, claimItem, listedBy, refOf } from './ledger-view.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Write } from './model/table.ts';
import type { Attributes } from './model/values.ts';
import type { Accepted } from './producers.ts';
import { type Started, stateOf } from './replays.ts';
import type { Scenario } from './scenario.ts';
import type { Violate } from './violation.ts';

/** What a replay has to send again. */
interface Chosen {
  readonly replay: Started;
  readonly dead: readonly Ref[];
  /** By the fan-out records of that time. */
  readonly listed: readonly Listed[];
}

/** What died so shortly before may not be in the index yet. */
const INDEX_LAG_MS = 3_000;
/** The time of an event is that of a clock that may be so far ahead. */
const SKEW_MS = 2_500;

/**
 * Watches replays: what their filter chose has another round or a copy in the end, and nothing else begins again.
 */
export function createReplayWatch({ tenants }: Scenario) {
  const chosen: Chosen[] = [];
  const diedAt = new Map<string, number>();
  const rises = new Map<string, number>();

  return {
    /** How often a delivery began another round. */
    rises: (ref: DeliveryRef): number => rises.get(refText(ref)) ?? 0,
    total: (): number => [...rises.values()].reduce((sum, one) => sum + one, 0),

    /** Whether the write gives a dead delivery another round. What is under way must not begin another. */
    onWrite({ before, after }: Write, nowMs: number, violate: Violate): boolean {
      const ref = after && refOf(after);
      if (!ref) return false;
      const wasDead = before?.['state']?.S === 'dead';
      if (after['state']?.S === 'dead' && !wasDead) diedAt.set(refText(ref), nowMs);
      if (before && isThrownBack(before, after))
        violate('changed', `${refText(ref)} was between two attempts and begins anew`);
      if (!wasDead || after['state']?.S !== 'retrying') return false;
      rises.set(refText(ref), (rises.get(refText(ref)) ?? 0) + 1);
      return true;
    },

    onStart(replay: Started, dynamo: DynamoModel): void {
      const { tenant, filter, atMs } = replay;
      if ('topic' in filter) {
        const records = dynamo.items(TABLES.ledger).filter((item) => isOriginal(item, tenant, filter.topic));
        chosen.push({ replay, dead: [], listed: records.flatMap(listedBy) });
        return;
      }
      const toMs = Date.parse(filter.to);
      const dead = dynamo.items(TABLES.ledger).flatMap((item): Ref[] => {
        const ref = refOf(item);
        if (ref?.tenant !== tenant || item['state']?.S !== 'dead') return [];
        if (filter.destination !== undefined && ref.destination !== filter.destination) return [];
        const isListed = (diedAt.get(refText(ref)) ?? 0) < atMs - INDEX_LAG_MS;
        return isListed && Number(item['changedAt']?.N) <= toMs ? [ref] : [];
      });
      chosen.push({ replay, dead, listed: [] });
    },

    judge(
      accepted: readonly Accepted[],
      listed: ReadonlyMap<string, Listed>,
      dynamo: DynamoModel,
      violate: Violate,
    ): void {
      const answered = new Map(accepted.map((one) => [`${one.tenant}#${one.event}`, one.answeredMs]));
      for (const { replay, dead, listed: then } of chosen) {
        const name = `replay ${replay.id} of ${replay.tenant}`;
        const state = stateOf(replay, dynamo);
        if (state !== 'done') violate('stuck', `${name} is ${state}`);
        for (const ref of dead) {
          if (isTaking(ref) && !rises.has(refText(ref)) && canSpeak(ref, dynamo))
            violate('lost', `${refText(ref)} was to be sent again by ${name}`);
        }
        for (const original of then) {
          const { tenant, event } = original;
          const wasTaken = (answered.get(`${tenant}#${event}`) ?? Infinity) < replay.atMs - SKEW_MS;
          const copy = { ...original, event: derivedId(REPLAY_PREFIX, replay.id, event) };
          if (wasTaken && isTaking(original) && isWanted(original, replay) && !listed.has(refText(copy)))
            violate('lost', `${refText(original)} was to be copied by ${name}`);
        }
      }
    },
  };

  /** Destinations that are gone are switched off, and replays pass over them. */
  function isTaking({ tenant, destination }: Ref): boolean {
    return tenants.find(({ id }) => id === tenant)?.natures.get(destination) !== 'closed';
  }
}

/** A fan-out record of the topic that neither a replay nor a failover has made of another. */
function isOriginal({ pk, sk }: Attributes, tenant: string, topic: string): boolean {
  const pack = sk?.S ?? '';
  return (
    pk?.S?.startsWith(`T#${tenant}#F#${topic}#`) === true &&
    !pack.startsWith(`${REPLAY_PREFIX}_`) &&
    !FAILOVER_PACK.test(pack)
  );
}

function isThrownBack(before: Attributes, after: Attributes): boolean {
  const areWaiting = before['state']?.S === 'retrying' && after['state']?.S === 'retrying';
  return areWaiting && before['attempt']?.N !== '0' && after['attempt']?.N === '0';
}

/** Whether there is something to say: an event that nobody was answered for may have no record. */
function canSpeak(ref: Ref, dynamo: DynamoModel): boolean {
  if (claimItem(ref, dynamo)?.['content'] !== undefined) return true;
  const { pk, sk } = keys.event(ref.tenant, ref.event);
  return dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } }) !== undefined;
}

function isWanted({ destination }: Listed, { filter }: Started): boolean {
  return 'topic' in filter && (filter.destinations?.includes(destination) ?? true);
}
