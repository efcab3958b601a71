import type { Change } from '../../core/catalog-diff.ts';
import { SECTIONS } from '../../core/catalog-entry.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { toError } from '../each.ts';
import { type Carried, carryOut, type CarryOutDeps } from './carry-out.ts';
import type { Issued } from './issue.ts';

export interface ApplyDeps {
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** What became of a change. `unknown`: the table did not answer. */
type Fate = Carried | 'unknown' | 'notTried';

const AT_ONCE = 25;

/**
 * Carries out changes in their order, those of one kind at once. The first that fails ends it, because what
 * comes after may refer to it; the problem then says of every change what became of it.
 */
export async function applyChanges(
  tenant: string,
  changes: readonly Change[],
  wanted: readonly Issued[],
  deps: ApplyDeps & CarryOutDeps,
): Promise<void> {
  const issued = new Map(wanted.map((one) => [`${one.kind}#${one.id}`, one]));
  const fates: Fate[] = [];
  for (const step of stepsOf(changes)) {
    const carried = await Promise.all(
      step.map((change) => fateOf(tenant, change, issued.get(`${change.kind}#${change.id}`), deps)),
    );
    fates.push(...carried);
    if (carried.some((fate) => fate !== 'applied')) throw partly(changes, fates);
  }
}

/** Changes that may happen at the same time, because none of them refers to another. */
function stepsOf(changes: readonly Change[]): Change[][] {
  const groups = Map.groupBy(changes, ({ op, kind }) => `${op === 'delete'}#${kind}`);
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / AT_ONCE) }, (_, index) =>
      group.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
    ),
  );
}

async function fateOf(
  tenant: string,
  change: Change,
  issued: Issued | undefined,
  deps: ApplyDeps & CarryOutDeps,
): Promise<Fate> {
  try {
    return await carryOut(tenant, change, change.op === 'delete' ? undefined : issued, deps);
  } catch (error) {
    deps.telemetry.log('error', 'catalog change may not have been applied', {
      tenant,
      error: toError(error),
    });
    return 'unknown';
  }
}

const WORDS: Readonly<Record<Fate, string>> = {
  applied: 'is done',
  changed: 'is not done, somebody else changed it meanwhile',
  taken: 'is not done, another tenant has this key; make a new one',
  unknown: 'may be done or not',
  notTried: 'is not done',
};

function partly(changes: readonly Change[], fates: readonly Fate[]): ProblemError {
  const told = changes.map(({ op, kind, id }, index) => {
    const fate = fates[index] ?? 'notTried';
    return { pointer: `/${SECTIONS[kind]}`, code: fate, detail: `${op} ${kind} "${id}" ${WORDS[fate]}` };
  });
  const done = fates.filter((fate) => fate === 'applied').length;
  const detail = `${done} of ${changes.length} changes are done; read the catalog and send it again for the rest.`;
  return fates.includes('unknown')
    ? new ProblemError(problem('unavailable', detail, told), { 'retry-after': '5' })
    : new ProblemError(problem('conflict', detail, told));
}
