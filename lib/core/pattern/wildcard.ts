/** A wildcard taken apart: the literal texts between its stars. */
export type Pieces = readonly [string, ...string[]];

/** Reads a wildcard; answers what is wrong with it as a sentence. */
export function readWildcard(text: string): Pieces | { readonly fault: string } {
  const pieces: [string, ...string[]] = [''];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charAt(at);
    if (unit === '*') {
      if (text.charAt(at + 1) === '*')
        return { fault: 'write one * in place of several that follow each other' };
      pieces.push('');
      continue;
    }
    if (unit === '\\') {
      at++;
      const escaped = text.charAt(at);
      if (escaped !== '*' && escaped !== '\\')
        return { fault: String.raw`a backslash stands before * or another backslash only: write \* or \\` };
    }
    pieces[pieces.length - 1] += text.charAt(at);
  }
  return pieces;
}

/** Tests a whole text; linear in its length whatever the wildcard is. */
export function compileWildcard([first, ...rest]: Pieces): (text: string) => boolean {
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  const middle = rest.map((piece) => ({ length: piece.length, find: finder(piece) }));
  const least = first.length + last.length;
  return (text) => {
    if (text.length < least || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const { find, length } of middle) {
      at = find(text, at, end);
      if (at < 0) return false;
      at += length;
    }
    return true;
  };
}

/** Knuth, Morris and Pratt's search: the one of the language is quadratic for `aaa...b`. */
function finder(piece: string): (text: string, from: number, end: number) => number {
  const back = new Int32Array(piece.length);
  for (let at = 1, length = 0; at < piece.length; at++) {
    while (length > 0 && piece[at] !== piece[length]) length = back[length - 1]!;
    if (piece[at] === piece[length]) length++;
    back[at] = length;
  }
  return (text, from, end) => {
    if (piece.length === 0) return from;
    for (let at = from, length = 0; at < end; at++) {
      while (length > 0 && text[at] !== piece[length]) length = back[length - 1]!;
      if (text[at] === piece[length]) length++;
      if (length === piece.length) return at + 1 - length;
    }
    return -1;
  };
}
