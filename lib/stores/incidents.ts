import {
  type IncidentRef,
  type Told,
  type Turn,
  type TurnEnd,
  type TurnJudgement,
  judgeTurn,
} from '../core/incident.ts';
import { isObject } from '../core/is-object.ts';
import { keys } from '../core/keys.ts';
import { number, optional, text } from './attributes.ts';
import { type Change, change } from './change.ts';
import { type Item, type Table, getItems, keyText } from './table.ts';

const FREE = [
  'attribute_not_exists(inFlight)',
  '(attribute_not_exists(lastSeq) OR lastSeq <= :seq)',
  '(attribute_not_exists(#ttl) OR #ttl >= :now)',
].join(' AND ');

/** What was told of incidents, and whose turn it is to tell more: one item each, one write to begin and one to end. */
export function createIncidents(table: Table, { now }: { readonly now: () => number }) {
  return {
    /** What was told of an incident, for people who ask. */
    find: async ({ tenant, destination, incident }: IncidentRef): Promise<Told> => {
      const key = keys.incident(tenant, incident.id, destination);
      const item = (await getItems(table, [key])).get(keyText(key));
      return item ? toldOf(item, now()) : {};
    },

    /** Takes the turn of an incident. Throws when nobody knows whose it is. */
    take: async (
      { tenant, destination, incident }: IncidentRef,
      turn: Turn,
      ttl: number,
    ): Promise<TurnJudgement> => {
      const key = keys.incident(tenant, incident.id, destination);
      const set = 'inFlight = :turn';
      const values = { ':turn': turn, ':seq': turn.seq, ':now': Math.floor(now() / 1000) };
      const first = await change(table, key, { set, where: FREE, values }, ttl);
      const told = first.item ? toldOf(first.item, now()) : {};
      const judgement = judgeTurn(told, turn, now());
      if (first.applied || judgement.kind !== 'free' || !first.item) return judgement;
      const second = await change(table, key, takeOver(first.item, judgement.told, turn), ttl);
      return second.applied ? judgement : { kind: 'busy', untilMs: turn.untilMs };
    },

    /** Ends a turn; one that has been taken over is somebody else's. */
    leave: async (
      { tenant, destination, incident }: IncidentRef,
      takenBy: string,
      end: TurnEnd,
      ttl: number,
    ): Promise<void> => {
      const key = keys.incident(tenant, incident.id, destination);
      const mine = { where: 'inFlight.takenBy = :mine', values: { ':mine': takenBy } };
      await change(table, key, ending(end, mine), ttl);
    },
  };
}

/** Of an item that has expired nothing counts. */
function toldOf(item: Item, nowMs: number): Told {
  if ((number(item, 'ttl') ?? Infinity) * 1000 < nowMs) return {};
  const { inFlight, ended } = item;
  return {
    ...optional({ lastSeq: number(item, 'lastSeq'), message: messageOf(item['message']) }),
    ...(ended === true && { ended }),
    ...(isObject(inFlight) && {
      inFlight: {
        takenBy: text(inFlight, 'takenBy') ?? '',
        seq: number(inFlight, 'seq') ?? 0,
        untilMs: number(inFlight, 'untilMs') ?? 0,
      },
    }),
  };
}

function messageOf(value: unknown): Told['message'] {
  if (!isObject(value)) return undefined;
  const [providerId, place] = [text(value, 'providerId'), text(value, 'place')];
  return providerId !== undefined && place !== undefined ? { providerId, place } : undefined;
}

/** Takes a turn that lapsed, and what its owner may have told with it; or an item that has expired. */
function takeOver(seen: Item, told: Told, turn: Turn): Change {
  const inFlight = isObject(seen['inFlight']) ? seen['inFlight'] : undefined;
  const gone = ['lastSeq', 'message', 'ended'].filter((name) => !Object.hasOwn(told, name));
  return {
    set: told.lastSeq === undefined ? 'inFlight = :turn' : 'inFlight = :turn, lastSeq = :last',
    ...(gone.length > 0 && { remove: gone.join(', ') }),
    where: `#ttl = :ttlSeen AND ${inFlight ? 'inFlight = :seen' : 'attribute_not_exists(inFlight)'}`,
    values: {
      ':turn': turn,
      ':ttlSeen': seen['ttl'],
      ...(told.lastSeq !== undefined && { ':last': told.lastSeq }),
      ...(inFlight && { ':seen': inFlight }),
    },
  };
}

function ending(end: TurnEnd, { where, values }: Pick<Change, 'where' | 'values'>): Change {
  if (end.kind === 'untold') return { remove: 'inFlight', where, values };
  if (end.kind === 'lost') return { remove: 'inFlight, message, ended', where, values };
  const { seq, message, ended } = end;
  return {
    set: `lastSeq = :last, ended = :ended${message ? ', message = :message' : ''}`,
    remove: message ? 'inFlight' : 'inFlight, message',
    where,
    values: { ...values, ':last': seq, ':ended': ended, ...(message && { ':message': message }) },
  };
}
