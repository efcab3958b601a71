/**
 * Why an attempt did not deliver: a closed list, because it becomes a metric property and an index value.
 * `render` and `settings` are ours (the request could not be built); the others are the provider's or the network's.
 */
export const REASONS = [
  'rateLimited',
  'serverError',
  'clientError',
  'authError',
  'timeout',
  'network',
  'dns',
  'tls',
  'blocked',
  'tooLarge',
  'render',
  'settings',
  'crashed',
] as const;

export type Reason = (typeof REASONS)[number];

/** Verdict on one attempt. */
export type Outcome =
  /** The provider accepted the message. */
  | { readonly kind: 'delivered'; readonly providerId?: string }
  /** Not accepted now. `afterMs` is the provider's own hint, already checked and clamped. */
  | { readonly kind: 'retry'; readonly reason: Reason; readonly afterMs?: number }
  /** Refused for good: sending the same again cannot help. */
  | { readonly kind: 'reject'; readonly reason: Reason }
  /** The provider may have accepted it: time-out, reset or 5xx after the request had begun. */
  | { readonly kind: 'maybe'; readonly reason: Reason; readonly afterMs?: number }
  /** The target no longer exists or has blocked us. */
  | { readonly kind: 'gone'; readonly reason: Reason };

/** What came back from the outside world, the same for every transport. SMTP codes stand in `status`. */
export type Reply =
  | {
      readonly kind: 'reply';
      readonly status: number;
      /** Lower-case names. */
      readonly headers: Readonly<Record<string, string>>;
      /** At most 64 KiB, decoded as UTF-8. */
      readonly body: string;
    }
  | {
      /** No usable reply. `started`: bytes of the request may have reached the provider. */
      readonly kind: 'failure';
      readonly reason: Reason;
      readonly started: boolean;
      /** Redacted text for people. */
      readonly detail: string;
    };

/** Default reading of a reply; channels whose provider differs bring their own. */
export function outcomeOf(reply: Reply, nowMs: number): Outcome {
  if (reply.kind === 'failure') return outcomeOfFailure(reply);
  const { status } = reply;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone', reason: 'clientError' };
  const afterMs = retryAfterMs(reply.headers['retry-after'], nowMs);
  const hint = afterMs === undefined ? {} : { afterMs };
  if (status === 429) return { kind: 'retry', reason: 'rateLimited', ...hint };
  if (status === 408 || status === 425) return { kind: 'retry', reason: 'timeout', ...hint };
  if (status >= 500) return { kind: 'maybe', reason: 'serverError', ...hint };
  if (status === 401 || status === 403) return { kind: 'reject', reason: 'authError' };
  if (status === 413) return { kind: 'reject', reason: 'tooLarge' };
  return { kind: 'reject', reason: 'clientError' };
}

export function outcomeOfFailure(failure: Extract<Reply, { kind: 'failure' }>): Outcome {
  if (failure.reason === 'render' || failure.reason === 'settings' || failure.reason === 'tooLarge') {
    return { kind: 'reject', reason: failure.reason };
  }
  return { kind: failure.started ? 'maybe' : 'retry', reason: failure.reason };
}

const DAY_MS = 86_400_000;

/**
 * Reads `Retry-After`: whole seconds or an HTTP date (RFC 9110 10.2.3). Junk, negative and past values give
 * `undefined`; the result is at most 24 h.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), DAY_MS);
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) || at <= nowMs ? undefined : Math.min(at - nowMs, DAY_MS);
}
