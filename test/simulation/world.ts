/** Virtual time: it jumps from one appointment to the next, and everything between them takes none. */
export interface World {
  readonly now: () => number;
  /** Does `act` at a time; what is due at the same time happens in the order it was asked for. */
  readonly at: (ms: number, act: () => void) => void;
  /** Runs until nothing is due before `untilMs`, or `done` says so. */
  readonly run: (untilMs: number, done?: () => boolean) => Promise<void>;
}

interface Appointment {
  readonly at: number;
  readonly turn: number;
  readonly act: () => void;
}

export function createWorld(startMs: number): World {
  const heap: Appointment[] = [];
  let now = startMs;
  let turns = 0;

  return {
    now: () => now,
    at: (ms, act) => push(heap, { at: Math.max(ms, now), turn: turns++, act }),
    run: (untilMs, done = () => false) =>
      inTurns(() => {
        const next = heap[0];
        if (next === undefined || next.at > untilMs || done()) return false;
        pop(heap);
        now = next.at;
        next.act();
        return true;
      }),
  };
}

/** So many steps for one turn of the event loop, which costs more than a step. */
const STEPS = 64;

/**
 * Takes steps until one answers that there is no other. Before each, every promise that can go on without time passing
 * has gone on: Node runs microtasks between two immediates.
 */
function inTurns(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const take = (): void => {
      if (isOver) return;
      try {
        if (step()) return;
        resolve();
      } catch (error) {
        reject(error);
      }
      isOver = true;
    };
    const turn = (): void => {
      if (isOver) return;
      for (let count = 0; count < STEPS; count++) setImmediate(take);
      setImmediate(turn);
    };
    turn();
  });
}

function isEarlier(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn);
}

function push(heap: Appointment[], one: Appointment): void {
  let index = heap.push(one) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isEarlier(heap[index]!, heap[parent]!)) return;
    [heap[index], heap[parent]] = [heap[parent]!, heap[index]!];
    index = parent;
  }
}

function pop(heap: Appointment[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  heap[0] = last;
  for (let index = 0; ;) {
    const [left, right] = [2 * index + 1, 2 * index + 2];
    let least = index;
    if (left < heap.length && isEarlier(heap[left]!, heap[least]!)) least = left;
    if (right < heap.length && isEarlier(heap[right]!, heap[least]!)) least = right;
    if (least === index) return;
    [heap[index], heap[least]] = [heap[least]!, heap[index]!];
    index = least;
  }
}
