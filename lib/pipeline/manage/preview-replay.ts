import type { Channel } from '../../channel.ts';
import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import type { DeliveryRef } from '../../core/claim.ts';
import {
  type Candidate,
  type DeadFilter,
  type EventFilter,
  type Page,
  type Paces,
  isOpen,
  previewOf,
  type ReplayFilter,
  type ReplayPreview,
} from '../../core/replay.ts';
import { pacesOf } from '../replays.ts';
import { refusal } from './endpoint.ts';

interface DeadCandidate extends Candidate {
  readonly ref: DeliveryRef;
}

interface PastEvent extends Candidate {
  readonly listed: readonly string[];
}

export interface PreviewDeps {
  readonly pages: {
    readonly dead: (
      tenant: string,
      filter: DeadFilter,
      cursor: string,
      limit: number,
    ) => Promise<Page<DeadCandidate>>;
    readonly events: (
      tenant: string,
      filter: EventFilter,
      cursor: string,
      limit: number,
    ) => Promise<Page<PastEvent>>;
    /** Of some deliveries, how many have an attempt that may have arrived. */
    readonly ambiguous: (refs: readonly DeliveryRef[]) => Promise<number>;
  };
  readonly entries: { readonly list: (tenant: string, kind: EntryKind) => Promise<CatalogEntry[]> };
  readonly channels: ReadonlyMap<string, Channel>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** A preview counts so many pages, and for so long, and says when there is more: its caller waits 29 s at most. */
const PAGES = 10;
const COUNT_MS = 10_000;
const PAGE = 1_000;
/** Deliveries whose attempts are looked at; the share found there is taken for all. */
const SAMPLE = 100;

/** What a replay would do, without doing any of it. */
export async function previewReplay(
  tenant: string,
  filter: ReplayFilter,
  deps: PreviewDeps,
): Promise<ReplayPreview> {
  const paces = await openDestinations(tenant, deps);
  const [wanted = [], pointer] =
    'topic' in filter
      ? [filter.destinations, '/destinations']
      : [filter.destination === undefined ? [] : [filter.destination], '/destination'];
  checkDestinations(wanted, paces, pointer);
  return 'topic' in filter
    ? await previewEvents(tenant, filter, paces, deps)
    : await previewDead(tenant, filter, paces, deps);
}

async function previewDead(
  tenant: string,
  filter: DeadFilter,
  paces: Paces,
  { pages, now }: PreviewDeps,
): Promise<ReplayPreview> {
  const { found, complete } = await walk((cursor) => pages.dead(tenant, filter, cursor, PAGE), now);
  const going = found.filter(({ ref }) => isOpen(ref.destination, paces));
  const sample = going.slice(0, SAMPLE).map(({ ref }) => ref);
  const share = sample.length === 0 ? 0 : (await pages.ambiguous(sample)) / sample.length;
  const preview = previewOf('dead', countTo(going), paces);
  return { ...preview, complete, likelyDuplicates: Math.round(share * preview.count) };
}

async function previewEvents(
  tenant: string,
  filter: EventFilter,
  paces: Paces,
  { pages, now }: PreviewDeps,
): Promise<ReplayPreview> {
  const { found, complete } = await walk((cursor) => pages.events(tenant, filter, cursor, PAGE), now);
  const going = found.map(({ to }) => ({ to: to.filter((id) => paces.has(id)) }));
  const preview = previewOf('event', countTo(going), paces);
  const again = found.map(({ to, listed }) => to.filter((id) => paces.has(id) && listed.includes(id)).length);
  return { ...preview, complete, likelyDuplicates: again.reduce((sum, one) => sum + one, 0) };
}

async function walk<C extends Candidate>(
  pageAt: (cursor: string) => Promise<Page<C>>,
  now: () => number,
): Promise<{ readonly found: readonly C[]; readonly complete: boolean }> {
  const found: C[] = [];
  const endsMs = now() + COUNT_MS;
  let cursor = '';
  for (let page = 1; page <= PAGES && now() < endsMs; page++) {
    const { candidates, next, isLast } = await pageAt(cursor);
    found.push(...candidates);
    if (isLast) return { found, complete: true };
    cursor = next;
  }
  return { found, complete: false };
}

function countTo(found: readonly Pick<Candidate, 'to'>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of found.flatMap(({ to }) => to)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

async function openDestinations(tenant: string, { entries, channels }: PreviewDeps): Promise<Paces> {
  const [found, shared] = await Promise.all([
    entries.list(tenant, 'destination'),
    entries.list(tenant, 'limit'),
  ]);
  const destinations = found
    .filter((entry) => entry.kind === 'destination')
    .map(({ id, body }) => [id, { ...body, id }] as const);
  const limits = shared
    .filter((entry) => entry.kind === 'limit')
    .map(({ id, body }) => Object.assign({}, body, { id }));
  return pacesOf({ destinations: new Map(destinations), limits }, channels);
}

function checkDestinations(wanted: readonly string[], paces: Paces, pointer: string): void {
  const missing = wanted.find((id) => !paces.has(id));
  if (missing === undefined) return;
  const detail = `the destination "${missing}" is not in the catalog, or switched off`;
  throw refusal([{ pointer, code: 'unknown', detail }]);
}
