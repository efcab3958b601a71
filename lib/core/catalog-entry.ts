import { canonicalHash } from './canonical.ts';

/** What a catalog is made of, in the order in which entries must exist: routes name the others. */
export const ENTRY_KINDS = ['destination', 'template', 'hook', 'key', 'route'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Names of the kinds in paths and in catalog files. */
export const SECTIONS = {
  destination: 'destinations',
  template: 'templates',
  hook: 'hooks',
  key: 'keys',
  route: 'routes',
} as const satisfies Record<EntryKind, string>;

export type EntryBody = Readonly<Record<string, unknown>>;

/** One entry as stored: the body has passed `parseEntry` and leaves the id out. */
export interface CatalogEntry {
  readonly kind: EntryKind;
  readonly id: string;
  readonly body: EntryBody;
  /** `etagOf(body)`. */
  readonly etag: string;
}

/** Tag of a body: equal content, equal tag. */
export function etagOf(body: EntryBody): string {
  return canonicalHash(body);
}
