import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LOTS, keys } from '../core/keys.ts';
import { type Table, toAttributes } from './table.ts';

/** A worker notes a lot once in this time. */
const NOTE_EVERY_MS = 60_000;
/** A note outlives what was parked under it. */
const TTL_SECONDS = 31 * 86_400;

/** Notes that something may be parked for a destination: the timers look after what is noted. */
export function createLotNotes(table: Table, { now }: { readonly now: () => number }) {
  const noted = new Map<string, number>();
  return async (tenant: string, destination: string): Promise<void> => {
    const name = `${tenant}#${destination}`;
    const nowMs = now();
    if (nowMs - (noted.get(name) ?? -Infinity) < NOTE_EVERY_MS) return;
    const ttl = Math.ceil(nowMs / 1_000) + TTL_SECONDS;
    const item = { ...keys.lot(tenant, destination), due: LOTS, dueAt: name, notedAt: nowMs, ttl };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: toAttributes(item) }));
    noted.set(name, nowMs);
  };
}
