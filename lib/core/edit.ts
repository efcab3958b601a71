import type { Notification } from './notification.ts';
import type { OutboundRequest } from './outbound.ts';
import type { Reply } from './outcome.ts';

/** One try, as the channel sees it. */
export interface AttemptInfo {
  /** Stable over retries: `webhook-id`, Message-Id. */
  readonly wireId: string;
  /** 1-based. */
  readonly n: number;
  /** Epoch ms at which the request is built; signatures carry it. */
  readonly atMs: number;
}

/** How a message that was sent is changed, so that an incident has one message however often it changes. */
export interface Edit {
  /** `providerId`: the message, as the outcome of its sending names it. */
  readonly request: (
    notification: Notification,
    sent: AttemptInfo & { readonly providerId: string },
  ) => OutboundRequest;
  /** Whether there is no such message any more, or none that can be changed: a new one takes its place. */
  readonly isLost: (reply: Extract<Reply, { kind: 'reply' }>) => boolean;
}

/** `place`: where its messages are; who is sent elsewhere finds none of them. */
export interface PlacedEdit extends Edit {
  readonly place: string;
}
