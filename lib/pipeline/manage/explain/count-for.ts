import type { Catalog } from '../../../core/catalog.ts';
import { ruleIds } from '../../../core/hush.ts';
import type { FanOut } from '../../../core/fan-out.ts';
import type { EventPack } from '../../../core/message.ts';
import { withinBound } from '../../../core/tally.ts';
import { type CountDeps, countIn, questionsOf } from '../../fan-out/count.ts';

export interface CountForDeps {
  readonly tallies: Pick<CountDeps['tallies'], 'read'>;
  readonly telemetry: CountDeps['telemetry'];
}

/** What one rule has let through until then. */
interface Counted {
  readonly rule: string;
  readonly max: number;
  readonly perMs: number;
  readonly passed: number;
}

/** What counting would make of an event, without counting it. */
export type CountFor = (
  pack: EventPack,
  planned: readonly FanOut[],
) => Promise<{
  readonly fanOut: FanOut | undefined;
  readonly countsOf: (destination: string) => { readonly counts?: readonly Counted[] };
}>;

const pretend: CountDeps['tallies']['write'] = async (writes) => writes.map(() => ({ kind: 'written' }));

/** Asks the very counts that the fan-out asks, as they stand, and writes nothing. */
export function countFor(
  { tenant, catalog, atMs }: { readonly tenant: string; readonly catalog: Catalog; readonly atMs: number },
  { tallies, telemetry }: CountForDeps,
): CountFor {
  return async (pack, planned) => {
    const deps = {
      tallies: { read: tallies.read, write: pretend },
      open: async (records: readonly FanOut[]) =>
        records.map((one) => ({ ...one, uncounted: true as const })),
      telemetry,
      now: () => atMs,
    };
    const planning = { pack: { ...pack, tenant }, catalog, planned };
    const [counted] = await countIn([planning], () => 0, deps);
    if (!counted) throw new Error('the counts of this event cannot be read');
    const asked = questionsOf(planning, atMs).flatMap(({ destination, gates }) =>
      gates.map((gate) => ({ ...gate, tenant, destination })),
    );
    const read = await tallies.read(asked);
    const found = asked.map(({ destination, line, bound, rule }, index) => {
      const passed = withinBound(read[index]?.tally.get(line) ?? [], bound, atMs).length;
      return [destination, { rule: ruleIds({ by: [rule] })[0]!, ...bound, passed }] as const;
    });
    const byDestination = Map.groupBy(found, ([destination]) => destination);
    return {
      fanOut: counted.planned[0],
      countsOf: (destination) => {
        const counts = byDestination.get(destination)?.map(([, one]) => one);
        return counts ? { counts } : {};
      },
    };
  };
}
