/** Says what somebody did, for people who replay a seed. */
export type Tell = (who: string, what: string) => void;

/** A clock time of day to the millisecond, and a story line. */
export function createTrace(now: () => number, write: ((line: string) => void) | undefined): Tell {
  if (!write) return () => {};
  return (who, what) => {
    const at = new Date(now()).toISOString().slice(11, 23);
    write(`${at}  ${who.padEnd(16)} ${what}`);
  };
}
