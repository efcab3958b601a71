/** Requests in flight to one destination that has no rate: of one batch, and of all urgent ones together. */
export const MAX_IN_FLIGHT = 10;
/** An urgent send waits no longer for an answer: others stand behind it. */
export const URGENT_SEND_MS = 5_000;
/** Kept back at the end of an invocation for writing down what happened. */
export const RESERVE_MS = 5_000;
/** A send that could not have this long is not begun. */
export const MIN_SEND_MS = 3_000;
