/** Positions, each once and in order. */
export interface Marks {
  readonly set: (position: number) => void;
  /** Visits all and forgets them; after `stop` it visits no more. */
  readonly drain: (visit: (position: number) => 'stop' | undefined) => void;
}

/** A bit for each position, and one for each word of 32 of them, so that the many words without any cost nothing. */
export function newMarks(size: number): Marks {
  const words = new Uint32Array(Math.ceil(size / 32));
  const used = new Uint32Array(Math.ceil(words.length / 32));

  return {
    set(position) {
      const word = position >> 5;
      words[word]! |= 1 << (position & 31);
      used[word >> 5]! |= 1 << (word & 31);
    },
    drain(visit) {
      let isOver = false;
      for (let group = 0; group < used.length; group++) {
        for (let many = used[group]!; many !== 0; many &= many - 1) {
          const word = group * 32 + lowest(many);
          for (let bits = words[word]!; bits !== 0 && !isOver; bits &= bits - 1)
            isOver = visit(word * 32 + lowest(bits)) === 'stop';
          words[word] = 0;
        }
        used[group] = 0;
      }
    },
  };
}

function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
