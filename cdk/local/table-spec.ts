/** A table as the template describes it; only what the emulators can keep. */
export interface TableSpec {
  readonly name: string;
  readonly hash: string;
  readonly range?: string;
  readonly indexes: readonly IndexSpec[];
  /** Attribute that holds the time of expiry, epoch seconds. */
  readonly ttl?: string;
}

/** Every key attribute is a string. */
export interface IndexSpec {
  readonly name: string;
  readonly hash: string;
  readonly range?: string;
  readonly projection: 'ALL' | 'KEYS_ONLY' | { readonly include: readonly string[] };
}

const KEY = { hash: 'pk', range: 'sk', indexes: [] } as const;

/** The three tables of the stack under names of one's own, for tests of what stands on them. */
export function testTables(prefix = 'test'): {
  readonly catalog: TableSpec;
  readonly ledger: TableSpec;
  readonly limits: TableSpec;
} {
  return {
    catalog: { ...KEY, name: `${prefix}-catalog` },
    ledger: {
      ...KEY,
      name: `${prefix}-ledger`,
      ttl: 'ttl',
      indexes: [
        {
          name: 'open',
          hash: 'open',
          range: 'openAt',
          projection: { include: ['state', 'reason', 'cause', 'attempt', 'channel', 'since', 'nextAt'] },
        },
        { name: 'due', hash: 'due', range: 'dueAt', projection: 'KEYS_ONLY' },
      ],
    },
    limits: { ...KEY, name: `${prefix}-limits`, ttl: 'ttl' },
  };
}
