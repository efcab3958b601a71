import type { Random } from './random.ts';

/** How often what goes wrong; drawn once per seed, so that every seed is another kind of bad day. */
export interface Faults {
  /** Calls to AWS. */
  readonly throttled: number;
  readonly lostRequest: number;
  /** The call has its effect, its reply is lost. */
  readonly lostReply: number;
  /** The caller gives up, and the request lands up to 5 s later. */
  readonly landsLate: number;
  readonly slow: number;
  /** One part of a batch fails. */
  readonly partial: number;
  /** The process dies right before, or right after, a call. */
  readonly crash: number;
  /** The process dies of a provider's answer. */
  readonly kills: number;
  /** The whole process stands still, mostly for 0.5-4 s. */
  readonly pause: number;
  /** Share of these times that last for nearly as long as it may run. */
  readonly longPause: number;
  /** SQS hands a message out twice; the deletion of a batch is lost. */
  readonly twice: number;
  /** Warm functions are replaced by new ones. */
  readonly recycled: number;
  /** Providers: refused unseen, accepted although the reply says otherwise, asked to slow down, silent. */
  readonly refuses: number;
  readonly acceptsAndFails: number;
  readonly tooMany: number;
  readonly hangs: number;
  readonly resets: number;
}

export const NO_FAULTS: Faults = {
  throttled: 0,
  lostRequest: 0,
  lostReply: 0,
  landsLate: 0,
  slow: 0,
  partial: 0,
  crash: 0,
  kills: 0,
  pause: 0,
  longPause: 0.05,
  twice: 0,
  recycled: 0,
  refuses: 0,
  acceptsAndFails: 0,
  tooMany: 0,
  hangs: 0,
  resets: 0,
};

/** The most of each. */
const WORST: Omit<Faults, 'kills'> = {
  throttled: 0.15,
  lostRequest: 0.05,
  lostReply: 0.15,
  landsLate: 0.05,
  slow: 0.1,
  partial: 0.3,
  crash: 0.03,
  pause: 0.05,
  longPause: 0.3,
  twice: 0.3,
  recycled: 0.3,
  refuses: 0.4,
  acceptsAndFails: 0.1,
  tooMany: 0.1,
  hangs: 0.05,
  resets: 0.1,
};

/** How many kinds of fault a day has: calm ones show what only happens when limits are used to the full. */
const SHARES = [0, 0.3, 0.5, 0.7];

/** A day on which providers often accept a message and say that they did not. */
export const DOUBTS: Faults = { ...NO_FAULTS, acceptsAndFails: 0.3, crash: 0.01, resets: 0.1 };

/**
 * A day on which workers stand still until shortly before their end, while their messages are in other hands, too:
 * nothing else shows a lease that is too short by seconds.
 */
export const ZOMBIES: Faults = { ...NO_FAULTS, pause: 0.04, longPause: 0.7, twice: 0.3, slow: 0.1 };

/**
 * A day on which functions die again and again with the same pack in their hands: what was taken over is suspected,
 * and goes on alone below limits that make it wait.
 */
export const STUMBLES: Faults = { ...NO_FAULTS, kills: 0.25, twice: 0.1 };

/**
 * A day on which fan-out sends what it has sent, and limits make both copies come again and again: one of them is
 * claimed before the other.
 */
export const COPIES: Faults = { ...NO_FAULTS, lostReply: 0.15, twice: 0.3, partial: 0.3 };

/** Some kinds of fault, each at any rate up to the worst. */
export function drawFaults(random: Random): Faults {
  const drawn = { ...NO_FAULTS };
  const share = random.pick(SHARES);
  for (const name of Object.keys(WORST) as (keyof typeof WORST)[]) {
    const rate = random.next() * WORST[name];
    if (random.chance(share)) Object.assign(drawn, { [name]: rate });
  }
  return drawn;
}
