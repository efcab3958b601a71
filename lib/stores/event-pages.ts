import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { EVENT_ID } from '../core/event.ts';
import { FAILOVER_PACK } from '../core/failover.ts';
import { keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import { type Candidate, type EventFilter, type Page, REPLAY_PREFIX } from '../core/replay.ts';
import { readListTexts } from './list-parts.ts';
import { parseLists } from './lists.ts';
import { type Item, type Table, fromAttributes, toAttributes } from './table.ts';

export interface EventCandidate extends Candidate {
  readonly event: string;
  /** Where it went the first time. */
  readonly listed: readonly string[];
}

/** Queries of one page: bounds its time where hours are empty. */
const QUERIES = 50;

/** Past events, a page at a time, in an order that stands still. */
export function createEventPages(table: Table) {
  return {
    /** As the fan-out records list them, hour by hour. */
    async events(
      tenant: string,
      filter: EventFilter,
      cursor: string,
      limit: number,
    ): Promise<Page<EventCandidate>> {
      const candidates: EventCandidate[] = [];
      let place = cursor === '' ? firstOf(hourAt(filter.from)) : parsePlace(cursor);
      for (let queries = 0; queries < QUERIES; queries++) {
        const { records, isLast } = await recordsFrom(table, tenant, filter.topic, place);
        for (const { pack, lists } of records) {
          for (const [index, [event, listed]] of [...lists].entries()) {
            if (pack === place.pack && index <= place.index) continue;
            if (candidates.length === limit)
              return { candidates, next: candidates.at(-1)!.position, isLast: false };
            const position = JSON.stringify([place.hour, pack, index]);
            const to = filter.destinations ?? listed;
            if (to.length > 0 && EVENT_ID.test(event)) candidates.push({ event, listed, to, position });
          }
          place = { hour: place.hour, pack, index: ALL };
        }
        if (isLast) place = firstOf(hourAfter(place.hour));
        if (place.hour > hourAt(filter.to))
          return { candidates, next: JSON.stringify(placeList(place)), isLast: true };
      }
      return { candidates, next: JSON.stringify(placeList(place)), isLast: false };
    },
  };
}

/** The last thing dealt with: an event of a pack, or `ALL` of it. */
interface Place {
  readonly hour: string;
  readonly pack: string;
  readonly index: number;
}

const ALL = Number.MAX_SAFE_INTEGER;

function firstOf(hour: string): Place {
  return { hour, pack: '', index: ALL };
}

function placeList({ hour, pack, index }: Place): unknown[] {
  return [hour, pack, index];
}

function parsePlace(cursor: string): Place {
  const [hour, pack, index]: [string, string, number] = parseJson(cursor);
  return { hour, pack, index };
}

function hourAt(time: string): string {
  return time.slice(0, 13);
}

function hourAfter(hour: string): string {
  return hourAt(new Date(Date.parse(`${hour}:00:00Z`) + 3_600_000).toISOString());
}

/** Records from a place on; what replays and failovers have made of other records is not replayed itself. */
async function recordsFrom(table: Table, tenant: string, topic: string, { hour, pack, index }: Place) {
  const { pk } = keys.fanOut(tenant, topic, hour, '');
  const { Items = [], LastEvaluatedKey } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression:
        pack === '' ? 'pk = :pk' : `pk = :pk AND sk ${index === ALL ? '>' : '>='} :pack`,
      ExpressionAttributeValues: toAttributes({ ':pk': pk, ...(pack !== '' && { ':pack': pack }) }),
      Limit: 20,
    }),
  );
  const items = Items.map(fromAttributes);
  const texts = await readListTexts(
    table,
    items.map((item) => ({ tenant, item: isCopy(item) ? undefined : item })),
  );
  const records = items.map((item, at) => ({
    pack: item.sk,
    lists: wentTo(texts[at] ?? '{"sets":[],"of":{}}'),
  }));
  return { records, isLast: LastEvaluatedKey === undefined };
}

function isCopy({ sk }: Item): boolean {
  return sk.startsWith(`${REPLAY_PREFIX}_`) || FAILOVER_PACK.test(sk);
}

/** At once, or with others when a window closed. */
function wentTo(lists: string): Map<string, readonly string[]> {
  const { destinations, held } = parseLists(lists);
  return new Map([...destinations].map(([event, heard]) => [event, [...heard, ...(held?.get(event) ?? [])]]));
}
