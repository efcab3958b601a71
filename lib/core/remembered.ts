/** A bound for memory: what is asked for within an hour is mostly among the last few. */
const MAX_KEYS = 100;

/** A function that remembers its last answers but `undefined`. Its keys are short. */
export function remembered<A, B>(find: (key: A) => B): (key: A) => B {
  const found = new Map<A, B>();
  return (key) => {
    const known = found.get(key);
    if (known !== undefined) return known;
    const value = find(key);
    if (value === undefined) return value;
    if (found.size >= MAX_KEYS) found.clear();
    found.set(key, value);
    return value;
  };
}
