/** How deep and how wide JSON from outside may be. */
export const MAX_DEPTH = 32;
export const MAX_KEYS = 1_000;
export const MAX_ELEMENTS = 10_000;
