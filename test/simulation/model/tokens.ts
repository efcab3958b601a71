/** The tokens of an expression, taken from left to right. */
export interface Tokens {
  readonly peek: () => string | undefined;
  /** The next token; throws when there is none. */
  readonly take: () => string;
  /** Takes the next token if it is this word, whatever its case. */
  readonly accept: (word: string) => boolean;
  readonly expect: (word: string) => void;
  readonly isOver: () => boolean;
}

/** Names (quoted, with `#`, or dotted), values (`:v`, `?`), numbers, comparisons and punctuation. */
const TOKEN = /\s*("[^"]*"|'(?:[^']|'')*'|[:#]?\w+(?:\.#?\w+)*|<=|>=|<>|[?=<>(),+\-{}:])/gy;

export function tokenise(text: string): Tokens {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const whole = text.trimEnd();
  while (TOKEN.lastIndex < whole.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(whole)?.[1];
    if (token === undefined) throw new Error(`the model cannot read ${whole.slice(at)} in ${text}`);
    tokens.push(token);
  }
  let next = 0;
  const accept = (word: string): boolean => {
    if (tokens[next]?.toUpperCase() !== word) return false;
    next++;
    return true;
  };
  return {
    peek: () => tokens[next],
    take() {
      const token = tokens[next++];
      if (token === undefined) throw new Error(`the model expects more after ${text}`);
      return token;
    },
    accept,
    expect(word) {
      if (!accept(word)) throw new Error(`the model expects ${word}, not ${tokens[next]}, in ${text}`);
    },
    isOver: () => next >= tokens.length,
  };
}

/** Remembers what a text was read as: few texts come again and again. */
export function cached<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) known.set(text, (value = read(text)));
    return value;
  };
}
