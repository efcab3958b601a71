/** What a benchmark may use that lives outside of its process. */
export interface Outside {
  /** Takes whatever is posted, as the providers' APIs answer it; in another process. */
  readonly receiver: string;
}

/** One thing that is timed. */
export interface Case {
  /** Does the work once; answers how many units of it were done. */
  readonly run: () => number | Promise<number>;
  /** Whether the work is what it is taken for: a benchmark of an error path measures nothing. Asked once, before. */
  readonly check: () => boolean | Promise<boolean>;
  /** Something else that does the work of this case of ours, measured for comparison. */
  readonly rivalOf?: string;
  /** Most of its time passes elsewhere: it is timed by the clock on the wall, not by CPU time. */
  readonly waits?: true;
  /** Others run in its process, such as an emulator: what the heap takes says nothing of it. */
  readonly crowded?: true;
  /** Bytes that a unit works on, for MB/s. */
  readonly bytes?: number;
  /** Exact numbers of a unit, such as calls and write units: they are the same in every run. */
  readonly counters?: () => Counts | Promise<Counts>;
  /** Further numbers of a unit, which differ from run to run. */
  readonly also?: () => Counts | Promise<Counts>;
}

export type Counts = Readonly<Record<string, number>>;

/** A ratio of two cases that has to stay within limits. */
export interface Limit {
  readonly what: string;
  readonly first: string;
  readonly second: string;
  readonly most?: number;
  readonly least?: number;
}

/** Cases that belong together: they share a process, and take turns in it. */
export interface Bench {
  /** `channels/slack`. */
  readonly name: string;
  /** Rows of the list of benchmarks that it answers, `B01`. */
  readonly rows: string;
  readonly about: string;
  /** What the source document, or its own code where it was measured, takes for the same. */
  readonly seed?: string;
  /** What is wrong with that figure. */
  readonly flaw?: string;
  readonly limits?: readonly Limit[];
  readonly open: (outside: Outside) => Opened | Promise<Opened>;
}

export interface Opened {
  /** By name; the name is empty where there is but one. */
  readonly cases: Readonly<Record<string, Case>>;
  readonly close?: () => void | Promise<void>;
}

/** `engine/rules/1000`. */
export function fullName(bench: string, name: string): string {
  return name === '' ? bench : `${bench}/${name}`;
}

/** Does something so often that the loop around it does not count. What it gives is kept, or V8 would leave it out. */
export function repeated(times: number, act: (n: number) => unknown): () => number {
  return () => {
    for (let n = 0; n < times; n++) kept[0] = act(n);
    return times;
  };
}

const kept: unknown[] = [];
