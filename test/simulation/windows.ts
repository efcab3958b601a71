import { refText } from '../../lib/core/claim.ts';
import type { Route } from '../../lib/core/catalog.ts';
import type { GroupWindow } from '../../lib/core/group-window.ts';
import { isTerminal } from '../../lib/core/delivery.ts';
import { keys } from '../../lib/core/keys.ts';
import { claimOf } from '../../lib/stores/attributes.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import { windowOf } from '../../lib/stores/window-items.ts';
import { TABLES } from './functions.ts';
import { type Ref, claimItem, heldBy, isOver, listedIn, stateOf } from './ledger-view.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Write } from './model/table.ts';
import type { Random } from './random.ts';
import type { Violate } from './violation.ts';

/** Shorter than people may write: windows are to close while events still come. */
export function gathering(routes: readonly Route[], random: Random): Route[] {
  const isGroup = random.chance(0.4);
  const span = random.whole(1, 6) * 1_000;
  return routes.map((route): Route =>
    Object.assign(
      {},
      route,
      isGroup
        ? {
            group: { by: random.pick([[], ['data.key']]), waitMs: span, intervalMs: span, repeatMs: 600_000 },
          }
        : { digest: { everyMs: span, ...(random.chance(0.3) && { maxCount: 2 }) } },
    ),
  );
}

/** A window that is closed never changes again, but for its entry in the due index. */
export function judgeWindowWrite({ before, after }: Write, violate: Violate): void {
  if (before?.['phase']?.S !== 'closed') return;
  const changed = ['phase', 'owner', 'closedAt', 'outcome', 'pages'].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after?.[name]),
  );
  if (changed.length > 0)
    violate('changed', `${before['sk']?.S} of ${before['pk']?.S} closed twice: ${changed.join()}`);
}

/** Each that waits is in one window that has closed, and in the digest of that window. Answers how many there are. */
export function judgeMembers(dynamo: DynamoModel, violate: Violate): number {
  const items = dynamo.items(TABLES.ledger);
  const members = new Map(items.flatMap((item) => heldBy(item)).map((one) => [refText(one), one]));
  if (members.size === 0) return 0;
  const places = new Map<string, GroupWindow[]>();
  for (const item of items) {
    if (item['phase']?.S !== 'closed') continue;
    const window = windowOf(fromAttributes(item))!;
    for (const event of takenBy(window, dynamo)) {
      const name = refText({ tenant: window.tenant, event, destination: window.destination });
      places.set(name, [...(places.get(name) ?? []), window]);
    }
  }
  const heard = listedIn(dynamo);
  for (const member of members.values())
    // Posted twice, before and after a change of the routes: whoever was first decides for both.
    if (!heard.has(refText(member))) judgeMember(member, places.get(refText(member)) ?? [], dynamo, violate);
  return members.size;
}

function takenBy({ tenant, group, n, owner = '', pages = 0 }: GroupWindow, dynamo: DynamoModel): string[] {
  return Array.from({ length: pages }, (_, k) => keys.snapshot(tenant, group, n, owner, k)).flatMap(
    ({ pk, sk }) =>
      (dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } })?.['events']?.S ?? '').split(' '),
  );
}

function judgeMember(
  member: Ref,
  windows: readonly GroupWindow[],
  dynamo: DynamoModel,
  violate: Violate,
): void {
  const name = refText(member);
  const item = claimItem(member, dynamo);
  if (!item) return violate('lost', `${name} waits and has no pointer`);
  if (windows.length > 1) violate('duplicate', `${name} is in ${windows.length} windows`);
  if (!isOver(member, item, dynamo)) return violate('stuck', `${name} waits for ever`);
  if (isTerminal(claimOf(fromAttributes(item)).state)) return;
  const [window] = windows;
  if (item['state']?.S !== 'held') return violate('unlisted', `${name} waits, and is ${stateOf(item)}`);
  if (!window) return violate('lost', `${name} points to a window that closed without it`);
  const digest = window.outcome?.digest;
  if (window.kind === 'digest' && !digest) violate('lost', `${name} is in a window that told nothing`);
}
