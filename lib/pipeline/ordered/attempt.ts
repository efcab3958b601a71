import { agree } from '../deliver/agree.ts';
import { appoint } from '../deliver/appoint.ts';
import { book } from '../deliver/book.ts';
import { claim } from '../deliver/claim.ts';
import { applyToScopes } from '../deliver/effects.ts';
import { prepare } from '../deliver/prepare.ts';
import { report } from '../deliver/report.ts';
import { type Attempted, send } from '../deliver/send.ts';
import { type Work, isSendable } from '../deliver/work.ts';
import { settle } from '../settle.ts';
import type { DeliverDeps } from '../deliver.ts';

/** What a turn came to for a delivery. */
export type End =
  | { readonly kind: 'over' }
  /** Nobody knows without a look at the ledger. */
  | { readonly kind: 'look' }
  | { readonly kind: 'wait'; readonly untilMs: number };

/** The steps of every delivery, with the message left where it is: what is to be tried again only has a time. */
export async function attempt(works: readonly Work[], deps: DeliverDeps): Promise<Map<string, End>> {
  const { prepared, later: unknown } = await prepare(works, deps);
  const { prepared: ready, later: unasked } = await agree(prepared, deps);
  const { now, later: slotless } = await book(ready.filter(isSendable), deps);
  const appointed = await appoint([...unknown, ...unasked, ...slotless], deps);

  const ruledOut = ready.filter((work) => !isSendable(work));
  const { claimed, finished, stale, waiting } = await claim([...ruledOut, ...now], deps);
  const { attempts, recorded } = await send(claimed, deps);
  const done = new Set(recorded.map(({ id }) => id));
  const open = attempts.filter(({ work }) => !done.has(work.id));
  const settled = new Set((await settle(open, { ...deps, inPlace: true })).map(({ id }) => id));
  await applyToScopes(attempts, deps);
  const acknowledged = [...finished, ...stale];
  report({ attempts, deferred: appointed, waiting, acknowledged }, deps);

  return new Map<string, End>([
    ...appointed.map(({ work, delaySeconds }) => [work.id, waitFor(delaySeconds, deps)] as const),
    ...acknowledged.map(({ id }) => [id, { kind: 'look' }] as const),
    ...open
      .filter(({ work }) => settled.has(work.id))
      .map((attempted) => [attempted.work.id, endOf(attempted)] as const),
    ...recorded.map(({ id }) => [id, { kind: 'over' }] as const),
  ]);
}

function waitFor(seconds: number, { now }: DeliverDeps): End {
  return { kind: 'wait', untilMs: now() + seconds * 1_000 };
}

/** What is dead or held may hold its group. */
function endOf({ verdict }: Attempted): End {
  if (verdict.kind === 'retry' || verdict.kind === 'again') return { kind: 'wait', untilMs: verdict.atMs };
  return { kind: verdict.kind === 'delivered' || verdict.kind === 'discarded' ? 'over' : 'look' };
}
