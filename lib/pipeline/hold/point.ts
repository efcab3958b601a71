import { refText } from '../../core/claim.ts';
import { heldReason } from '../../core/group-window.ts';
import type { Found, NewPointer } from '../../core/pointer.ts';
import { type HoldDeps, type Seat, dueOf } from './seat.ts';

/** Gives those without a window a pointer to the one that is open now; the others stay as they are. */
export async function point(seats: readonly Seat[], deps: HoldDeps): Promise<Seat[]> {
  const wanting = seats.filter((seat) => seat.n === undefined || seat.isLate);
  const windows = wanting.length === 0 ? new Map<string, number>() : await openWindows(wanting, deps);
  const going = wanting.filter(({ group }) => windows.has(group.group));
  const fresh = going.filter(({ n }) => n === undefined);
  const late = going.filter(({ n }) => n !== undefined);
  const [inserted, moved] = await Promise.all([
    deps.members.point(
      fresh.map((seat) => pointerOf(seat, windows.get(seat.group.group)!)),
      deps.ttl,
    ),
    deps.members.move(
      late.map(({ held: { ref }, group, n = 0 }) => {
        return { from: { ref, group: group.group, n }, n: windows.get(group.group)! };
      }),
    ),
  ]);
  const written = new Map([
    ...fresh.map((seat, index) => [seat, inserted[index]?.kind] as const),
    ...late.map((seat, index) => [seat, moved[index]?.kind] as const),
  ]);
  const lost = going.filter((seat) => written.get(seat) === 'conflict');
  const found = lost.length === 0 ? undefined : await deps.members.follow(lost.map(({ held }) => held.ref));
  return seats.flatMap((seat): Seat[] => {
    const kind = written.get(seat);
    if (kind === 'written')
      return [{ held: seat.held, group: seat.group, n: windows.get(seat.group.group)! }];
    return kind === 'conflict' ? followed(seat, found?.get(refText(seat.held.ref))) : [seat];
  });
}

/** Where somebody else has put it; nothing is left to do where it goes its own way. */
function followed({ held, group }: Seat, found: Found | undefined): Seat[] {
  if (found?.kind === 'claim') return [];
  if (found?.kind === 'pointer') return [{ held, group: { ...group, group: found.group }, n: found.n }];
  return [{ held, group, ...(found && { replaces: found.ttl }) }];
}

function pointerOf({ held, group, replaces }: Seat, n: number): NewPointer {
  const { ref, channel, since, member } = held;
  const { expiresAtMs, retentionDays } = member;
  return {
    ref,
    group: group.group,
    n,
    reason: heldReason(group.kind),
    channel,
    since,
    expiresAtMs,
    retentionDays,
    replaces,
  };
}

/** The numbers of the open windows of some groups; of a group that is being closed there is none. */
async function openWindows(seats: readonly Seat[], deps: HoldDeps): Promise<Map<string, number>> {
  const groups = [...Map.groupBy(seats, ({ group }) => group.group).values()];
  const last = await deps.windows.last(groups.map(([seat]) => seat!.group));
  const wanted = groups.flatMap((members, index) => {
    const before = last[index];
    if (before && before.phase !== 'closed') return [];
    const { group } = members[0]!;
    // What its windows are about is theirs to say: the pointer may come from an older catalog.
    const { tenant, kind, destination, rule, values, repeatMs } = before ?? group;
    const afterMs = before?.closedAt;
    return [
      {
        tenant,
        kind,
        destination,
        rule,
        values,
        group: group.group,
        ...(repeatMs !== undefined && { repeatMs }),
        ...(afterMs !== undefined && { afterMs }),
        n: (before?.n ?? 0) + 1,
        dueAtMs: dueOf(members, afterMs, deps.now()),
      },
    ];
  });
  const written = await deps.windows.open(wanted, deps.ttl());
  // Where it is not known what was written, nobody may point there; where somebody else was first, he opened it.
  const opened = wanted.filter((_, index) => written[index]?.kind !== 'unknown');
  const open = last.filter((one) => one?.phase === 'open');
  return new Map([...opened, ...open].map((one) => [one!.group, one!.n]));
}
