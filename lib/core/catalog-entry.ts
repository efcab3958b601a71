import { canonicalHash } from './canonical.ts';
import type { ApiScope, Destination, Hook, Limit, Route, Template, Topic } from './catalog.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Inhibition } from './inhibition.ts';

/** What a catalog is made of, in the order in which entries must exist: limits and routes name others. */
export const ENTRY_KINDS = [
  'destination',
  'template',
  'hook',
  'key',
  'topic',
  'limit',
  'inhibition',
  'heartbeat',
  'route',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Names of the kinds in paths and in catalog files. */
export const SECTIONS = {
  destination: 'destinations',
  template: 'templates',
  hook: 'hooks',
  key: 'keys',
  topic: 'topics',
  limit: 'limits',
  inhibition: 'inhibitions',
  heartbeat: 'heartbeats',
  route: 'routes',
} as const satisfies Record<EntryKind, string>;

export type EntryBody = Readonly<Record<string, unknown>>;

/**
 * The bodies of entries as they are stored: without the id, with what was issued for them. `pending` marks a
 * change that is under way or was left half done, and has ids that may still be answered.
 */
export interface StoredBodies {
  readonly destination: Omit<Destination, 'id'>;
  readonly template: Omit<Template, 'id'>;
  readonly hook: Omit<Hook, 'id'> & { readonly hookId: string; readonly pending?: readonly string[] };
  readonly key: {
    readonly secret: string;
    readonly scopes: readonly ApiScope[];
    readonly expiresAt?: string;
    readonly eventsPerSecond?: number;
    readonly urgentPerSecond?: number;
    readonly keyId: string;
    /** Beginning of the secret's hash: an entry changes when its secret does. */
    readonly print: string;
    readonly pending?: readonly string[];
  };
  readonly topic: Omit<Topic, 'id'>;
  readonly limit: Omit<Limit, 'id'>;
  readonly inhibition: Omit<Inhibition, 'id'>;
  readonly heartbeat: Omit<Heartbeat, 'id'>;
  readonly route: Omit<Route, 'id'>;
}

/** One entry as stored, checked when it was written. */
export type CatalogEntry<K extends EntryKind = EntryKind> = {
  readonly [P in K]: {
    readonly kind: P;
    readonly id: string;
    readonly body: StoredBodies[P];
    /** `etagOf(body)`. */
    readonly etag: string;
  };
}[K];

/** Tag of a body: equal content, equal tag. */
export function etagOf(body: EntryBody): string {
  return canonicalHash(body);
}
