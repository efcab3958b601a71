/** Requests in flight to one destination that has no rate: of one batch, and of all urgent ones together. */
export const MAX_IN_FLIGHT = 10;
/** An urgent send waits no longer for an answer: others stand behind it. */
export const URGENT_SEND_MS = 5_000;
