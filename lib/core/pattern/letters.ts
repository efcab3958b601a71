import { type Marks, type Positions, positionsOf } from './marks.ts';

interface Filed {
  readonly text: string;
  readonly position: number;
}

/**
 * Texts that are found again by what begins or ends with them: a step for each letter at which they part, for as long
 * as anything goes on so. All nodes that follow one stand together, by their letters, and are one range of numbers.
 */
export class Letters {
  readonly #isFromEnd: boolean;
  /** By node: the letter that leads to it. The root, 0, has none. */
  readonly #letters: Uint16Array;
  /** By node: where the letters begin that must follow, there being no other way; they end where the next node's begin. */
  readonly #rest: Int32Array;
  readonly #restLetters: Uint16Array;
  /** By node: the first of those that follow it; they end where those of the next node begin. */
  readonly #first: Int32Array;
  /** By node: what is filed under the letters so far. */
  readonly #positions: readonly (Positions | undefined)[];

  constructor(filed: readonly Filed[], isFromEnd: boolean) {
    const sorted = filed
      .map(({ text, position }) => ({ text: isFromEnd ? backwards(text) : text, position }))
      .toSorted((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)));
    const letters = [0];
    const rest = [0, 0];
    const restLetters: number[] = [];
    const first: number[] = [];
    const positions: (Positions | undefined)[] = [];
    // The texts below a node are neighbours, and those that end there come first.
    const nodes = [{ from: 0, to: sorted.length, depth: 0 }];
    for (const { from, to, depth } of nodes) {
      first.push(nodes.length);
      let at = from;
      while (at < to && sorted[at]!.text.length === depth) at++;
      positions.push(
        at > from ? positionsOf(sorted.slice(from, at).map(({ position }) => position)) : undefined,
      );
      while (at < to) {
        const start = at;
        const { text } = sorted[start]!;
        while (at < to && sorted[at]!.text.charCodeAt(depth) === text.charCodeAt(depth)) at++;
        const shared = sharedLength(text, sorted[at - 1]!.text);
        letters.push(text.charCodeAt(depth));
        for (let index = depth + 1; index < shared; index++) restLetters.push(text.charCodeAt(index));
        rest.push(restLetters.length);
        nodes.push({ from: start, to: at, depth: shared });
      }
    }
    first.push(nodes.length);
    this.#isFromEnd = isFromEnd;
    this.#letters = Uint16Array.from(letters);
    this.#rest = Int32Array.from(rest);
    this.#restLetters = Uint16Array.from(restLetters);
    this.#first = Int32Array.from(first);
    this.#positions = positions;
  }

  mark(text: string, marks: Marks): void {
    const step = this.#isFromEnd ? -1 : 1;
    const end = this.#isFromEnd ? -1 : text.length;
    let at = this.#isFromEnd ? text.length - 1 : 0;
    for (let node = 0; ;) {
      const positions = this.#positions[node];
      if (positions !== undefined) marks.setAll(positions);
      if (at === end) return;
      node = this.#next(node, text.charCodeAt(at));
      if (node === 0) return;
      at += step;
      const restEnd = this.#rest[node + 1]!;
      for (let index = this.#rest[node]!; index < restEnd; index++) {
        if (at === end || text.charCodeAt(at) !== this.#restLetters[index]) return;
        at += step;
      }
    }
  }

  /** The node behind a letter; 0: nothing goes on so. */
  #next(node: number, letter: number): number {
    let from = this.#first[node]!;
    const end = this.#first[node + 1]!;
    if (from === end) return 0;
    // Where there is but one, or where they have no gaps, as digits have none.
    const guess = from + letter - this.#letters[from]!;
    if (guess >= from && guess < end && this.#letters[guess] === letter) return guess;
    let to = end;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#letters[middle]! < letter) from = middle + 1;
      else to = middle;
    }
    return from < end && this.#letters[from] === letter ? from : 0;
  }
}

/** By UTF-16 units, which are the letters here. */
function backwards(text: string): string {
  return text.split('').toReversed().join('');
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one.charCodeAt(length) === other.charCodeAt(length)) length++;
  return length;
}
