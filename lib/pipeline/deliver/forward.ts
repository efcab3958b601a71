import { type DeliverQueues, deliverQueue } from '../queues.ts';
import { type PutBackDeps, type Returning, putBack } from './put-back.ts';
import { type Prepared, isSendable } from './work.ts';

export interface ForwardDeps extends PutBackDeps {
  readonly queues: DeliverQueues;
}

/** A worker that has not seen the change yet sends it back: not more often than this, for the 10 s until it has. */
const APART_SECONDS = 2;

/**
 * Sends on what waited here while its destination got another channel: the function of this queue may lack the
 * transport and the permissions that the new one needs. Answers what stays, and what is safe in its queue.
 */
export async function forward(
  works: readonly Prepared[],
  deps: ForwardDeps,
): Promise<{ readonly here: readonly Prepared[]; readonly forwarded: readonly Prepared[] }> {
  const isElsewhere = (work: Prepared): boolean =>
    isSendable(work) && deliverQueue(deps.queues, work.channel, work.lane) !== deps.ownQueue;
  const elsewhere = works.filter(isElsewhere);
  if (elsewhere.length === 0) return { here: works, forwarded: [] };
  const safe = await putBack(
    elsewhere.map((work) => toReturning(work, deps)),
    deps,
  );
  return { here: works.filter((work) => !isElsewhere(work)), forwarded: safe.map(({ work }) => work) };
}

function toReturning(work: Prepared, { queues, now }: ForwardDeps): Returning<Prepared> {
  const { delivery, appointed, alone, notBefore = 0, lane, channel } = work;
  const delaySeconds = Math.max(APART_SECONDS, Math.ceil((notBefore - now()) / 1_000));
  return { work, n: delivery.n, delaySeconds, appointed, alone, queue: deliverQueue(queues, channel, lane) };
}
