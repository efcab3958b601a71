/**
 * The key schema of the three tables: the only place that spells a key. Every key starts with its tenant,
 * so no bug elsewhere can cross tenants. Three exceptions are looked up before a tenant is known, or across
 * tenants: `K#` (API keys), `H#` (hook URLs) and `DUE#` (timers, an index key).
 *
 * | item          | pk                            | sk                          | table   |
 * |---------------|-------------------------------|-----------------------------|---------|
 * | event         | T#tenant#E#event              | event                       | ledger  |
 * | claim         | T#tenant#E#event              | delivery#destination        | ledger  |
 * | attempt       | T#tenant#E#event              | attempt#destination#0001#owner | ledger |
 * | fan-out       | T#tenant#F#topic#hour         | pack                        | ledger  |
 * | fan-out part  | T#tenant#F#part               | hash                        | ledger  |
 * | completion    | T#tenant#B#batch              | k                           | ledger  |
 * | incident      | T#tenant#N#incident           | incident#destination        | ledger  |
 * | poison        | T#-#P#message                 | message                     | ledger  |
 * | request       | T#tenant#I#hash               | request                     | ledger  |
 * | alert         | T#tenant#A#shard              | alert#fingerprint           | ledger  |
 * | escalation    | T#tenant#N#incident           | escalation                  | ledger  |
 * | failover      | T#tenant#E#event              | failover#destination        | ledger  |
 * | stand-in      | T#tenant#N#incident           | stand-in#destination        | ledger  |
 * | failover watch | T#tenant#O#id                | failover                    | ledger  |
 * | replay        | T#tenant#J                    | replay#id                   | ledger  |
 * | link key      | T#tenant#Y                    | links                       | ledger  |
 * | window        | T#tenant#W#group              | window#00000001             | ledger  |
 * | member        | T#tenant#W#group              | member#00000001#event       | ledger  |
 * | snapshot      | T#tenant#W#group              | snapshot#00000001#owner#0001 | ledger |
 * | scope         | T#tenant#S#scope              | scope                       | limits  |
 * | catalog entry | T#tenant#C                    | kind#id                     | catalog |
 * | recipient     | T#tenant#R                    | recipient#id                | catalog |
 * | inbox item    | T#tenant#N#person             | item#time-event             | ledger  |
 * | API key       | K#id                          | key                         | catalog |
 * | hook          | H#id                          | hook                        | catalog |
 * | open (index)  | T#tenant#U#shard              | changed at#delivery         | ledger  |
 * | watch         | T#tenant#O#silence            | watch                       | ledger  |
 * | heartbeat     | T#tenant#O#heartbeat          | heartbeat                   | ledger  |
 * | tally         | T#tenant#K#name               | tally                       | ledger  |
 * | lot           | T#tenant#L                    | lot#destination             | ledger  |
 * | parked (in due) | T#tenant#L#destination#shard | parked at#tenant#delivery   | ledger  |
 * | lots (in due) | DUE#lots                      | tenant#destination          | ledger  |
 * | due (index)   | DUE#shard#minute              | due at#tenant#delivery      | ledger  |
 * | windows (in due) | DUE#shard#minute           | due at#tenant#group.n       | ledger  |
 * | jobs (in due) | DUE#jobs                      | tenant#replay               | ledger  |
 */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

const tenant = (id: string): string => `T#${id}`;

export const keys = {
  event: (t: string, event: string): Key => ({ pk: `${tenant(t)}#E#${event}`, sk: 'event' }),
  claim: (t: string, event: string, destination: string): Key => ({
    pk: `${tenant(t)}#E#${event}`,
    sk: `delivery#${destination}`,
  }),
  /** An attempt that changed hands happened once per owner: each may have reached the provider. */
  attempt: (t: string, event: string, destination: string, n: number, owner: string): Key => ({
    pk: `${tenant(t)}#E#${event}`,
    sk: `attempt#${destination}#${String(n).padStart(4, '0')}#${owner}`,
  }),
  fanOut: (t: string, topic: string, hour: string, pack: string): Key => ({
    pk: `${tenant(t)}#F#${topic}#${hour}`,
    sk: pack,
  }),
  /** What is too long for a record, by its content. No topic is called so with a hash behind it. */
  fanOutPart: (t: string, hash: string): Key => ({ pk: `${tenant(t)}#F#part`, sk: hash }),
  completion: (t: string, batch: string, k: number): Key => ({
    pk: `${tenant(t)}#B#${batch}`,
    sk: String(k),
  }),
  incident: (t: string, id: string, destination: string): Key => ({
    pk: `${tenant(t)}#N#${id}`,
    sk: `incident#${destination}`,
  }),
  request: (t: string, hash: string): Key => ({ pk: `${tenant(t)}#I#${hash}`, sk: 'request' }),
  alert: (t: string, fingerprint: string): Key => ({
    pk: `${tenant(t)}#A#${shardOf(fingerprint, ALERT_SHARDS)}`,
    sk: `alert#${fingerprint}`,
  }),
  window: (t: string, group: string, n: number): Key => ({
    pk: `${tenant(t)}#W#${group}`,
    sk: `${WINDOWS}${padded(n)}`,
  }),
  member: (t: string, group: string, n: number, event: string): Key => ({
    pk: `${tenant(t)}#W#${group}`,
    sk: `${membersOf(n)}${event}`,
  }),
  snapshot: (t: string, group: string, n: number, owner: string, k: number): Key => ({
    pk: `${tenant(t)}#W#${group}`,
    sk: `snapshot#${padded(n)}#${owner}#${String(k).padStart(4, '0')}`,
  }),
  /** A message nobody could read belongs to no tenant; `-` is no tenant's name. */
  poison: (message: string): Key => ({ pk: `${tenant('-')}#P#${message}`, sk: 'message' }),
  escalation: (t: string, incident: string): Key => ({ pk: `${tenant(t)}#N#${incident}`, sk: 'escalation' }),
  linkKey: (t: string): Key => ({ pk: `${tenant(t)}#Y`, sk: 'links' }),
  failover: (t: string, event: string, destination: string): Key => ({
    pk: `${tenant(t)}#E#${event}`,
    sk: `${FAILOVERS}${destination}`,
  }),
  standIn: (t: string, incident: string, destination: string): Key => ({
    pk: `${tenant(t)}#N#${incident}`,
    sk: `stand-in#${destination}`,
  }),
  failoverWatch: (t: string, id: string): Key => ({ pk: `${tenant(t)}#O#${id}`, sk: 'failover' }),
  replay: (t: string, id: string): Key => ({ pk: `${tenant(t)}#J`, sk: `replay#${id}` }),
  watch: (t: string, silence: string): Key => ({ pk: `${tenant(t)}#O#${silence}`, sk: 'watch' }),
  heartbeat: (t: string, id: string): Key => ({ pk: `${tenant(t)}#O#${id}`, sk: 'heartbeat' }),
  tally: (t: string, name: string): Key => ({ pk: `${tenant(t)}#K#${name}`, sk: 'tally' }),
  lot: (t: string, destination: string): Key => ({ pk: `${tenant(t)}#L`, sk: `lot#${destination}` }),
  scope: (t: string, scope: string): Key => ({ pk: `${tenant(t)}#S#${scope}`, sk: 'scope' }),
  entry: (t: string, kind: string, id: string): Key => ({ pk: `${tenant(t)}#C`, sk: `${kind}#${id}` }),
  version: (t: string): Key => ({ pk: `${tenant(t)}#C`, sk: 'version' }),
  recipient: (t: string, id: string): Key => ({ pk: `${tenant(t)}#R`, sk: `recipient#${id}` }),
  inboxItem: (t: string, person: string, item: string): Key => ({
    pk: `${tenant(t)}#N#${person}`,
    sk: `item#${item}`,
  }),
  apiKey: (id: string): Key => ({ pk: `K#${id}`, sk: 'key' }),
  hook: (id: string): Key => ({ pk: `H#${id}`, sk: 'hook' }),
  /** The timers' own note of how far they have swept. */
  sweep: (): Key => ({ pk: 'DUE#sweep', sk: 'sweep' }),
} as const;

/** What the keys of an event's failovers begin with, beside those of its deliveries. */
export const FAILOVERS = 'failover#';

/** What the keys of a group's windows begin with, and those of the members of one window. */
export const WINDOWS = 'window#';

export function membersOf(n: number): string {
  return `member#${padded(n)}#`;
}

function padded(n: number): string {
  return String(n).padStart(8, '0');
}

/** Shards of the index of what is not delivered: one tenant's failures spread over four partitions. */
export const OPEN_SHARDS = 4;
/** Shards of the due index: 16 partitions take 16,000 entries a second. */
export const DUE_SHARDS = 16;

/** Shards of what is known of a tenant's alerts: a storm of them is written at once. */
const ALERT_SHARDS = 4;

/** Partitions that hold what is known of a tenant's alerts. */
export function alertKeys(t: string): string[] {
  return Array.from({ length: ALERT_SHARDS }, (_, shard) => `${tenant(t)}#A#${shard}`);
}

/** Partition of the due index that lists what the timers work on in every run. */
export const JOBS = 'DUE#jobs';

/** Partition of the due index that lists the destinations with something parked. */
export const LOTS = 'DUE#lots';
/** Shards of a lot: a paused destination may be parking thousands a second. */
const LOT_SHARDS = 4;

/** Partitions of the due index that hold what is parked for a destination. */
export function lotKeys(t: string, destination: string): string[] {
  return Array.from({ length: LOT_SHARDS }, (_, shard) => `${tenant(t)}#L#${destination}#${shard}`);
}

export function lotKey(t: string, destination: string, delivery: string): string {
  return `${tenant(t)}#L#${destination}#${shardOf(delivery, LOT_SHARDS)}`;
}

export function openKey(t: string, delivery: string): string {
  return `${tenant(t)}#U#${shardOf(delivery, OPEN_SHARDS)}`;
}

export function dueKey(t: string, delivery: string, dueAtMs: number): string {
  return `DUE#${shardOf(`${t}#${delivery}`, DUE_SHARDS)}#${minuteOf(dueAtMs)}`;
}

/** Whole minutes since the epoch. */
export function minuteOf(ms: number): number {
  return Math.floor(ms / 60_000);
}

/** FNV-1a, 32 bits: spreads ids over shards; nothing depends on its being hard to invert. */
export function shardOf(text: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}
