import { refText } from '../../lib/core/claim.ts';
import { DIGEST_TOPIC } from '../../lib/core/digest.ts';
import { parseDigestId } from '../../lib/core/group-window.ts';
import { readIncident } from '../../lib/core/incident.ts';
import { keys } from '../../lib/core/keys.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import { TABLES } from './functions.ts';
import { type Saying, readSaying } from './incidents.ts';
import { type Listed, claimItem, stateOf } from './ledger-view.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Attributes } from './model/values.ts';
import type { Arrival } from './providers.ts';
import type { Violate } from './violation.ts';

/**
 * What a receiver shows of an alert never goes back to an older state: an old text does not overwrite a newer one, and
 * a page that was resolved is not opened anew. And nothing is given up as superseded that is the newest there is.
 * Answers how many messages were changed in place.
 */
export function judgeIncidents(
  arrivals: readonly Arrival[],
  listed: ReadonlyMap<string, Listed>,
  dynamo: DynamoModel,
  violate: Violate,
): number {
  const sayings = sayingsOf(dynamo);
  judgeNewest(listed, sayings, dynamo, violate);
  const shown = new Map<string, number>();
  const messages = new Map<string, string>();
  let edits = 0;
  for (const arrival of arrivals) {
    const saying = arrival.accepted ? sayings.get(`${arrival.tenant}#${arrival.event}`) : undefined;
    if (!saying) continue;
    const name = nameOf(arrival, saying);
    const before = shown.get(name) ?? 0;
    if (saying.order < before)
      violate(
        'stale',
        `${name} showed state ${before}, and then ${saying.order} by ${refText({ ...arrival })}`,
      );
    shown.set(name, saying.order);
    if (arrival.isEdit) edits++;
    if (arrival.message === undefined) continue;
    const owner = messages.get(arrival.message) ?? name;
    if (owner !== name) violate('stale', `the message of ${owner} was made to tell of ${name}`);
    messages.set(arrival.message, owner);
  }
  return edits;
}

function judgeNewest(
  listed: ReadonlyMap<string, Listed>,
  sayings: ReadonlyMap<string, Saying>,
  dynamo: DynamoModel,
  violate: Violate,
): void {
  const told = [...listed.values()].flatMap((one) => {
    const saying = sayings.get(`${one.tenant}#${one.event}`);
    return saying ? [{ one, saying, name: nameOf(one, saying) }] : [];
  });
  for (const [name, all] of Map.groupBy(told, (each) => each.name)) {
    const newest = Math.max(...all.map(({ saying }) => saying.order));
    for (const { one } of all.filter(({ saying }) => saying.order === newest)) {
      const item = claimItem(one, dynamo);
      if (item && stateOf(item) === 'discarded(superseded)' && !isToldByOther(one, item, listed, dynamo))
        violate('lost', `${refText(one)} counts as superseded, and is the newest of ${name}`);
    }
  }
}

/**
 * A window that has gathered a single event tells it as that event, as a part of the same incident; and whom a step
 * told hears that it is over by the words of the step.
 */
function isToldByOther(
  { tenant, destination }: Listed,
  item: Attributes,
  listed: ReadonlyMap<string, Listed>,
  dynamo: DynamoModel,
): boolean {
  const own = readIncident(fromAttributes(item)['incident']);
  const isTold = [...listed.values()].some(
    (one) => one.tenant === tenant && one.destination === destination && isMadeUp(one.event),
  );
  if (!own || !isTold) return false;
  const { pk, sk } = keys.incident(tenant, own.id, destination);
  const known = dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } });
  return Number(known?.['lastSeq']?.N) > own.seq;
}

function isMadeUp(event: string): boolean {
  return parseDigestId(event) !== undefined || event.startsWith('es_');
}

/** By event; what a window has gathered is an incident of its own, whatever its title says. */
function sayingsOf(dynamo: DynamoModel): ReadonlyMap<string, Saying> {
  return new Map(
    dynamo.items(TABLES.ledger).flatMap((item) => {
      const [, tenant, event] = /^T#([^#]+)#E#(.+)$/.exec(item['pk']?.S ?? '') ?? [];
      if (item['sk']?.S !== 'event' || item['body']?.S === undefined) return [];
      const { topic, data } = JSON.parse(item['body'].S) as { topic: string; data: { title?: string } };
      const saying = topic === DIGEST_TOPIC ? undefined : readSaying(data.title ?? '');
      return saying ? [[`${tenant}#${event}`, saying] as const] : [];
    }),
  );
}

function nameOf({ tenant, destination }: { tenant: string; destination: string }, { name }: Saying): string {
  return `${tenant}/${destination} ${name}`;
}
