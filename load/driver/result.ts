import type { ArrivalSummary } from './arrivals.ts';
import type { Verdict } from './criterion.ts';
import type { Scale } from './scenario.ts';
import type { PartSummary, Second } from './tally.ts';
import type { Probe } from './target.ts';

/** Under what conditions a run was made. */
export interface Conditions {
  readonly at: string;
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Processes that wanted a core, over the minute before. */
  readonly loadBefore: number;
  /** Nice value: below 0 it went before others that were at work. */
  readonly priority: number;
  readonly target: string;
  readonly seed: number;
}

/** How much of something: the whole wish, or what was run of it. */
export interface Size {
  readonly peakPerSecond: number;
  readonly seconds: number;
  readonly total: number;
}

export interface Sample extends Probe {
  /** After the start of the load. */
  readonly second: number;
  readonly arrived: number;
}

/** A run, as it is written to a file. */
export interface Result {
  readonly scenario: string;
  readonly id?: string;
  readonly about: string;
  readonly notes: readonly string[];
  readonly conditions: Conditions;
  readonly unit: 'requests' | 'events';
  readonly scale: Scale;
  readonly full: Size;
  readonly run: Size;
  readonly interrupted: boolean;
  readonly verdicts: readonly Verdict[];
  /** All figures that could be measured, by name. Times in ms, shares from 0 to 1. */
  readonly values: Readonly<Record<string, number>>;
  readonly flows: readonly PartSummary[];
  /** Those that have names. */
  readonly stages: readonly PartSummary[];
  /** From the time a post was meant to be sent to the arrival; empty where no twin tells. */
  readonly arrivals: readonly ArrivalSummary[];
  /** What went wrong, and how often. */
  readonly faults: readonly { readonly text: string; readonly count: number }[];
  readonly seconds: readonly Second[];
  readonly samples: readonly Sample[];
}

/** Whether a run reached what it had to: nothing was missed, and it ran to its end. */
export function passed({ interrupted, verdicts }: Pick<Result, 'interrupted' | 'verdicts'>): boolean {
  return !interrupted && verdicts.every(({ kind }) => kind !== 'missed');
}
