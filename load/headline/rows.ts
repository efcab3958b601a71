import { median } from './interleave.ts';

/** A figure of the table, with everything it was computed from. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly samples: Readonly<Record<string, readonly number[]>>;
  /** What a reader of the figure has to know of this run. */
  readonly note?: string;
}

/** Whether the naive stack stands where it has to stand; where it does not, its ratios are void. */
export interface Check {
  readonly name: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** What a group measures. */
export interface Measured {
  readonly rows: readonly Row[];
  readonly checks: readonly Check[];
}

export interface Options {
  readonly rounds: number;
  /** A loopback server, in another process, that takes webhooks. */
  readonly receiver: string;
  readonly progress: (text: string) => void;
}

/** Median of the ratios of samples that were taken side by side. */
export function ratioRow(
  name: string,
  [above, below]: readonly [string, string],
  samples: Readonly<Record<string, readonly number[]>>,
): Row {
  const [first = [], second = []] = [samples[above], samples[below]];
  const ratios = first.map((value, index) => value / second[index]!);
  const used = { [above]: first, [below]: second, ratio: ratios };
  return { name, value: median(ratios), samples: used };
}

/** `JSON.parse` of the body of a hundred alerts where the prototypes were measured: the yard stick between machines. */
const PARSE_US = 87;
const TOLERANCE = 0.3;

/**
 * How the naive stack stands to `JSON.parse` measured beside it, against where its prototype stood. Both figures of
 * the prototype are the best of their rounds, so these are, too.
 */
export function againstParse(
  name: string,
  prototypeUs: number,
  samples: { readonly naiveUs: readonly number[]; readonly parseUs: readonly number[] },
): Check {
  const wanted = prototypeUs / PARSE_US;
  return {
    name,
    value: Math.min(...samples.naiveUs) / Math.min(...samples.parseUs),
    least: wanted * (1 - TOLERANCE),
    most: wanted * (1 + TOLERANCE),
    samples,
  };
}

/** How most groups take turns: half as many rounds again come first, so that everything is compiled. */
export function turns({ rounds, progress }: Options) {
  const warmUp = Math.max(5, rounds >> 1);
  return { rounds, warmUp, onRound: (done: number) => progress(`round ${done} of ${rounds}`) };
}
