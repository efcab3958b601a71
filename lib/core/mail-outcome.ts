import { type Outcome, type Reply, outcomeOf } from './outcome.ts';
import { replyMembers } from './reply-body.ts';

type FullReply = Extract<Reply, { kind: 'reply' }>;

/** "Wait for an interval of up to 10 minutes" (SES developer guide, manage-sending-quotas-errors). */
const QUOTA_WAIT_MS = 600_000;
/** A choice, where a mail server says "too many" and nothing more. */
const BUSY_WAIT_MS = 60_000;

/** SES has no Retry-After: what it means stands in the name of the exception and its message. */
export function sesOutcome(reply: FullReply, nowMs: number): Outcome {
  const { MessageId: id, message, Message, __type: type } = replyMembers(reply.body);
  if (reply.status === 200 && typeof id === 'string') return { kind: 'delivered', providerId: id };
  const error = [reply.headers['x-amzn-errortype'], type, message, Message].join(' ');
  if (/daily message quota/i.test(error))
    return { kind: 'retry', reason: 'rateLimited', afterMs: QUOTA_WAIT_MS };
  if (/Throttling|TooManyRequests|sending rate exceeded/i.test(error))
    return { kind: 'retry', reason: 'rateLimited' };
  // A pause, or credentials and rights that somebody is just changing.
  if (/SendingPaused/.test(error)) return { kind: 'retry', reason: 'serverError' };
  if (reply.status === 403) return { kind: 'retry', reason: 'authError' };
  return outcomeOf(reply, nowMs);
}

/** RFC 5321 4.2.1: 4yz may succeed later, 5yz will not. 454 is what SES says to too many (SMTP interface). */
export function smtpOutcome(reply: FullReply, nowMs: number): Outcome {
  const { status, body } = reply;
  if (status < 400) return outcomeOf(reply, nowMs);
  if (status < 500) {
    if (/daily message quota/i.test(body))
      return { kind: 'retry', reason: 'rateLimited', afterMs: QUOTA_WAIT_MS };
    const busy = /throttl|too many|rate limit|sending rate/i.test(body);
    return busy
      ? { kind: 'retry', reason: 'rateLimited', afterMs: BUSY_WAIT_MS }
      : { kind: 'retry', reason: 'serverError' };
  }
  if (status === 530 || status === 535) return { kind: 'retry', reason: 'authError' };
  return { kind: 'reject', reason: status === 552 ? 'tooLarge' : 'clientError' };
}
