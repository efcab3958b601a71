/** One position, as nearly always, or several; a list of one would be two objects more to go through. */
export type Positions = number | readonly number[];

export function positionsOf(list: readonly number[]): Positions {
  return list.length === 1 ? list[0]! : list;
}

/** Positions, each once and in order: a bit for each, and one for each word of 32 of them, since most words have none. */
export class Marks {
  readonly #words: Int32Array;
  readonly #used: Int32Array;
  /** Nothing is marked in the groups of 32 words before this one. */
  #group = 0;

  constructor(size: number) {
    this.#words = new Int32Array(Math.ceil(size / 32));
    this.#used = new Int32Array(Math.ceil(this.#words.length / 32));
  }

  set(position: number): void {
    const word = position >> 5;
    const group = position >> 10;
    this.#words[word]! |= 1 << (position & 31);
    this.#used[group]! |= 1 << (word & 31);
    if (group < this.#group) this.#group = group;
  }

  setAll(positions: Positions): void {
    if (typeof positions === 'number') this.set(positions);
    else for (const position of positions) this.set(position);
  }

  /** The lowest that is marked, which is no longer marked then; -1: none is. */
  take(): number {
    for (; this.#group < this.#used.length; this.#group++) {
      const many = this.#used[this.#group]!;
      if (many === 0) continue;
      const word = this.#group * 32 + lowest(many);
      const bits = this.#words[word]!;
      const left = bits & (bits - 1);
      this.#words[word] = left;
      if (left === 0) this.#used[this.#group] = many & (many - 1);
      return word * 32 + lowest(bits);
    }
    return -1;
  }

  /** Forgets all that are marked. */
  clear(): void {
    for (; this.#group < this.#used.length; this.#group++) {
      for (let many = this.#used[this.#group]!; many !== 0; many &= many - 1)
        this.#words[this.#group * 32 + lowest(many)] = 0;
      this.#used[this.#group] = 0;
    }
  }
}

function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
