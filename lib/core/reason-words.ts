import type { DeadReason, DiscardReason } from './delivery.ts';
import type { AttemptView } from './views.ts';

/** What is known of a delivery that nobody hears of. */
export interface Unheard {
  readonly reason?: string | undefined;
  readonly by?: readonly string[] | undefined;
  /** Why its last attempt failed. */
  readonly cause?: string | undefined;
  readonly attempt?: number | undefined;
  readonly attempts?: readonly AttemptView[] | undefined;
}

type Words = (known: Unheard) => string;

const first = ({ by = [] }: Unheard): string => by[0] ?? 'unknown';
/** Of `topic:orders` the name. */
const named = (known: Unheard): string => first(known).slice(first(known).indexOf(':') + 1);

const UNHEARD: Readonly<Record<DiscardReason | DeadReason, Words>> = {
  silenced: (known) =>
    first(known).startsWith('route:')
      ? `route ${named(known)} is mute at that time`
      : `the silence ${first(known)} keeps it back`,
  inhibited: (known) => `rule ${first(known)} keeps it back while an alert fires that explains it`,
  duplicate: (known) => `the same was heard there within the time that topic ${named(known)} sets`,
  capped: (known) =>
    first(known) === 'people'
      ? 'the event leads to more people than one event may'
      : `as much as the cap of ${named(known)} lets through was heard there`,
  expired: () => 'by then it was too late for it, as its expiresAt says',
  unsubscribed: (known) =>
    `${first(known)} has unsubscribed from this topic, or wants nothing of it this way`,
  noRoute: () => 'no route wants it',
  gone: () => 'its provider says that there is nobody there any more',
  destinationDeleted: ({ by }) =>
    by?.[0] === undefined ? 'there is no such destination' : `there is nobody called ${by[0]}`,
  disabled: () => 'it is switched off',
  superseded: () => 'something newer of the same incident was told before',
  manual: () => 'somebody discarded it',
  cancelled: () => 'it was cancelled before its time',
  exhausted: (known) => `${attemptsOf(known)} failed${answerOf(known)}`,
  rejected: (known) => `its provider refused it for good${answerOf(known)}`,
  ambiguous: (known) =>
    `nobody knows whether its provider took it, and it must not be sent twice${answerOf(known)}`,
  poison: () => 'it brought down every worker that took it',
  fanOut: () => 'it could not be routed, again and again',
  expiredInRetry: (known) => `it was not accepted in time${answerOf(known)}`,
};

/** Why a destination does not hear of something, as the end of a sentence. */
export function unheardWords(known: Unheard): string {
  const { reason = '' } = known;
  return isKnown(reason) ? UNHEARD[reason](known) : `it is ${reason || 'kept back'}`;
}

function isKnown(reason: string): reason is keyof typeof UNHEARD {
  return Object.hasOwn(UNHEARD, reason);
}

function attemptsOf({ attempt = 0 }: Unheard): string {
  return attempt > 1 ? `all ${attempt} attempts` : 'its only attempt';
}

/** Of an answer, as much as a sentence bears. */
const MAX_ANSWER = 120;

/** What came of the last attempt: `: the provider answered 503, "try later"`. */
export function answerOf({ attempts = [], cause }: Unheard): string {
  const last = attempts.findLast(({ outcome }) => outcome !== 'delivered');
  if (!last) return cause === undefined ? '' : `: ${cause}`;
  const { status, detail = '', reason } = last;
  const said = detail.replaceAll(/\s+/g, ' ').trim();
  const quoted =
    said === '' ? '' : `, "${said.length > MAX_ANSWER ? `${said.slice(0, MAX_ANSWER)}…` : said}"`;
  return status === undefined
    ? `: ${reason ?? cause ?? 'no answer'}${quoted}`
    : `: the provider answered ${status}${quoted}`;
}
