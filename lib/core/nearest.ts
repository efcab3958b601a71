/** Words that name the fix of a misspelt name: the one that was probably meant, and all there are. */
export function nearest(word: string, known: readonly string[]): string {
  const all = `known are ${known.join(', ')}`;
  // Names are short; what is long is no slip of the pen.
  const meant = word.length > MAX_WORD ? undefined : known.find((name) => isSlip(word.toLowerCase(), name));
  return meant === undefined ? all : `did you mean ${meant}? ${all}`;
}

const MAX_WORD = 32;
/** Letters that may be wrong, missing or too many. */
const MAX_SLIPS = 2;

function isSlip(word: string, name: string): boolean {
  const target = name.toLowerCase();
  let previous = Array.from({ length: target.length + 1 }, (_, index) => index);
  for (let at = 0; at < word.length; at++) {
    const row = [at + 1];
    for (let index = 0; index < target.length; index++) {
      const change = previous[index]! + (target[index] === word[at] ? 0 : 1);
      row.push(Math.min(change, previous[index + 1]! + 1, row[index]! + 1));
    }
    previous = row;
  }
  return previous.at(-1)! <= Math.min(MAX_SLIPS, target.length - 2);
}
