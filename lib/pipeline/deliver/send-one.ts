import type { OutboundRequest, Target } from '../../channel.ts';
import { wireId } from '../../core/delivery.ts';
import type { RateHint } from '../../core/learned.ts';
import { type Outcome, type Reply, outcomeOfFailure } from '../../core/outcome.ts';
import { decide } from '../../core/verdict.ts';
import { policyOf } from './policy.ts';
import type { Attempted } from './send.ts';
import { RESERVE_MS, URGENT_SEND_MS } from './send-limits.ts';
import type { Claimed } from './work.ts';

export interface SendOneDeps {
  /** Carries a request to the outside; never throws. */
  readonly post: (
    request: OutboundRequest,
    options: { readonly timeoutMs: number; readonly secrets: readonly string[] },
  ) => Promise<{ readonly reply: Reply; readonly ms: number }>;
  readonly random: () => number;
  /** Time left to this invocation. */
  readonly remainingMs: () => number;
  readonly now: () => number;
}

/** One request and what its reply says. `changed`: the message to change; absent: a new one is sent. */
export async function sendOne(
  work: Claimed,
  target: Target,
  changed: string | undefined,
  deps: SendOneDeps,
): Promise<Attempted> {
  const atMs = deps.now();
  let request: OutboundRequest;
  try {
    request = requestOf(work, target, changed, atMs);
  } catch {
    return judged(work, { kind: 'reject', reason: 'render' }, deps, {
      atMs,
      detail: 'the message could not be built',
    });
  }
  const longest = work.lane === 'urgent' ? URGENT_SEND_MS : target.channel.timeoutMs;
  const timeoutMs = Math.min(longest, target.channel.timeoutMs, deps.remainingMs() - RESERVE_MS);
  const { reply, ms } = await deps.post(request, { timeoutMs, secrets: target.secrets });
  const { outcome, hint } = readReply(target, reply, changed, deps.now());
  // A new message takes the place of the one that is gone: in a slot of its own, like every send.
  if (outcome === 'lost')
    return { work, verdict: { kind: 'again', reason: 'messageLost', atMs: deps.now() }, atMs, ms };
  const seen =
    reply.kind === 'reply' ? { status: reply.status, detail: reply.body } : { detail: reply.detail };
  return judged(work, outcome, deps, { atMs, ms, ...seen, hint });
}

function requestOf(
  { ref, delivery }: Claimed,
  target: Target,
  changed: string | undefined,
  atMs: number,
): OutboundRequest {
  const { notification, n } = delivery;
  const attempt = { wireId: wireId(ref.tenant, ref.event, ref.destination), n, atMs };
  return target.edit && changed !== undefined
    ? target.edit.request(notification, { ...attempt, providerId: changed })
    : target.request(notification, attempt);
}

/** A channel that trips over an odd reply must not take its batch down: the default reading stands in. */
function readReply(
  target: Target,
  reply: Reply,
  changed: string | undefined,
  nowMs: number,
): { outcome: Outcome | 'lost'; hint: RateHint } {
  try {
    const hint = target.rateHint(reply);
    const isLost = changed !== undefined && reply.kind === 'reply' && target.edit?.isLost(reply);
    return { outcome: isLost ? 'lost' : target.outcome(reply, nowMs), hint };
  } catch {
    const failure = { kind: 'failure', reason: 'clientError', started: true, detail: '' } as const;
    return { outcome: outcomeOfFailure(failure), hint: {} };
  }
}

/** The verdict on what an attempt came to, or would have. */
export function judged(
  work: Claimed,
  outcome: Outcome,
  deps: Pick<SendOneDeps, 'now' | 'random'>,
  seen: Pick<Attempted, 'atMs' | 'ms' | 'status' | 'detail' | 'hint'>,
): Attempted {
  const verdict = decide(outcome, work.delivery, policyOf(work), deps.now(), deps.random());
  return { work, outcome, verdict, ...seen };
}
