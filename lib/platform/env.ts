/**
 * The environment of every function: read once at init, complete or not at all. `cdk/` sets the same names
 * from these constants, so that a variable cannot be spelt in two ways.
 */
export const ENV = {
  stack: 'FANFARE_STACK',
  catalogTable: 'FANFARE_CATALOG_TABLE',
  ledgerTable: 'FANFARE_LEDGER_TABLE',
  limitsTable: 'FANFARE_LIMITS_TABLE',
  /** Queue of normal and of urgent event packs. */
  eventsQueue: 'FANFARE_EVENTS_QUEUE',
  eventsUrgentQueue: 'FANFARE_EVENTS_URGENT_QUEUE',
  /** FIFO queues of ordered topics' events and deliveries; only in a stack that has them. */
  eventsOrderedQueue: 'FANFARE_EVENTS_ORDERED_QUEUE',
  deliverOrderedQueue: 'FANFARE_DELIVER_ORDERED_QUEUE',
  /** Seconds: while normal events are older than this in their queue, no more are let in. */
  maxEventAgeSeconds: 'FANFARE_MAX_EVENT_AGE_SECONDS',
  /** Names of the channels that this stack delivers to, with commas between them. */
  channels: 'FANFARE_CHANNELS',
  /** JSON object, lane -> queue URL: one entry per dedicated channel, `http` for the others, `urgent`. */
  deliverQueues: 'FANFARE_DELIVER_QUEUES',
  /** URL of the queue that a consumer reads from, and puts things back into. */
  ownQueue: 'FANFARE_OWN_QUEUE',
  /** SSM path below which secret references are looked up, with a trailing slash. */
  secretsPath: 'FANFARE_SECRETS_PATH',
  /** Seconds this function may run; leases are derived from it. */
  timeoutSeconds: 'FANFARE_TIMEOUT_SECONDS',
  logLevel: 'FANFARE_LOG_LEVEL',
  /** `lean` (default) or `full`: which metrics are emitted. */
  observability: 'FANFARE_OBSERVABILITY',
  /** JSON of a `Sampling`; only in a stack that profiles some of its runs. */
  sampling: 'FANFARE_SAMPLING',
  /** Public base URL of the API: the loop guard refuses destinations that point at it. */
  apiUrl: 'FANFARE_API_URL',
  /** Local stack only: loopback `host:port` values the address guard lets through. No template has it. */
  localHosts: 'FANFARE_LOCAL_HOSTS',
  /** Local stack only: JSON file of secret values by reference name. No template has it. */
  secretsFile: 'FANFARE_SECRETS_FILE',
} as const;

export type EnvName = keyof typeof ENV;

/** Reads the named variables; one error lists every one that is missing. */
export function readEnv<N extends EnvName>(
  names: readonly N[],
  env?: NodeJS.ProcessEnv,
): { readonly [K in N]: string };
export function readEnv(names: readonly EnvName[], env = process.env): Readonly<Record<string, unknown>> {
  const missing = names.filter((name) => !env[ENV[name]]);
  if (missing.length > 0) {
    throw new Error(`missing environment variables: ${missing.map((name) => ENV[name]).join(', ')}`);
  }
  return Object.fromEntries(names.map((name) => [name, env[ENV[name]]]));
}

/** Reads an optional variable; empty counts as absent. */
export function readOptionalEnv(name: EnvName, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env[ENV[name]] || undefined;
}
