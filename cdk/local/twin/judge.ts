import type { Behaviours } from './behaviour.ts';
import type { Limiter } from './limiter.ts';
import type { Answer, Reading, Wording } from './provider.ts';

/** What happens to one request: recorded at once, answered after `delayMs`, or never. */
export interface Decision {
  readonly verdict: 'accepted' | 'refused';
  readonly why: string | undefined;
  readonly delayMs: number;
  /** `undefined`: it hangs. */
  readonly answer: Answer | undefined;
}

export interface Deps {
  readonly behaviours: Behaviours;
  readonly limiter: Limiter;
}

/** Wording with the request already in it. */
export interface Words extends Omit<Wording, 'accept'> {
  readonly accept: () => Answer;
}

/**
 * Decides on one request. What the channel was told to do comes first, then its limits, then what is wrong
 * with the message itself; only an accepted message uses up a limit.
 */
export function judge(
  channel: string,
  reading: Reading,
  words: Words,
  { behaviours, limiter }: Deps,
): Decision {
  const { scopes = [], refusal } = reading;
  const fault = behaviours.next(channel);
  const delayMs = fault?.delayMs ?? 0;
  const limited = limiter.arrive(scopes);

  const headers = (): Answer['headers'] =>
    scopes[0] && words.usage ? words.usage(limiter.usage(scopes[0])) : {};

  if (fault?.hang) return { verdict: 'refused', why: 'told to hang', delayMs, answer: undefined };
  if (fault?.status !== undefined && fault.status >= 300) {
    const answer = words.fail(fault.status, fault.retryAfter);
    return {
      verdict: 'refused',
      why: `told to answer ${fault.status}`,
      delayMs,
      answer: withBody(answer, fault.body),
    };
  }
  if (limited) {
    const why = `over the limit of ${limited.rule.limit} in ${limited.rule.perMs / 1000} s (${limited.rule.name})`;
    const answer = words.limited(limited.waitMs, limited.rule);
    return {
      verdict: 'refused',
      why,
      delayMs,
      answer: { ...answer, headers: { ...headers(), ...answer.headers } },
    };
  }
  if (refusal) {
    const answer = { ...refusal.answer, headers: { ...headers(), ...refusal.answer.headers } };
    return { verdict: 'refused', why: refusal.why, delayMs, answer };
  }
  limiter.take(scopes);
  const accepted = withBody(words.accept(), fault?.body);
  const answer = {
    ...accepted,
    status: fault?.status ?? accepted.status,
    headers: { ...headers(), ...accepted.headers },
  };
  return { verdict: 'accepted', why: undefined, delayMs, answer };
}

function withBody(answer: Answer, body: unknown): Answer {
  return body === undefined ? answer : { ...answer, body };
}
