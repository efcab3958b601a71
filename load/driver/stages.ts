import type { Size } from './result.ts';
import type { Scale, Stage } from './scenario.ts';

/** A request of the plan. */
export interface Shot {
  /** When it is to be sent, ms after the start. Nothing that happens meanwhile moves it. */
  readonly atMs: number;
  /** Index of its stage. */
  readonly stage: number;
}

/** The same shape at a smaller size. */
export function scaled(stages: readonly Stage[], { rate, time }: Scale): Stage[] {
  return stages.map((stage) => ({
    ...stage,
    rate: stage.rate * rate,
    ...(stage.to !== undefined && { to: stage.to * rate }),
    seconds: stage.seconds * time,
  }));
}

export function secondsOf(stages: readonly Stage[]): number {
  return stages.reduce((sum, { seconds }) => sum + seconds, 0);
}

export function sizeOfStages(stages: readonly Stage[]): Size {
  return {
    peakPerSecond: Math.max(...stages.flatMap(({ rate, to = rate }) => [rate, to])),
    seconds: secondsOf(stages),
    total: Math.round(stages.reduce((sum, stage) => sum + unitsOf(stage), 0)),
  };
}

/**
 * When each request is sent, by the rates alone: the n-th at the moment at which n units are due. `size` is how many
 * units one request carries.
 */
export function* plan(stages: readonly Stage[], size: number): Generator<Shot> {
  let startMs = 0;
  let due = 0;
  let sent = 0;
  for (const [index, stage] of stages.entries()) {
    const units = unitsOf(stage);
    // Sums of rates end a hair below the whole number that they mean.
    while (sent * size < due + units - 1e-6) {
      yield { atMs: startMs + secondsUntil(sent * size - due, stage) * 1_000, stage: index };
      sent++;
    }
    due += units;
    startMs += stage.seconds * 1_000;
  }
}

function unitsOf({ rate, to = rate, seconds }: Stage): number {
  return ((rate + to) / 2) * seconds;
}

/** Solves `rate t + (to - rate) t^2 / 2 seconds = units` for t, in a form that bears a slope of 0. */
function secondsUntil(units: number, { rate, to = rate, seconds }: Stage): number {
  if (units <= 0) return 0;
  const slope = (to - rate) / seconds;
  return (2 * units) / (rate + Math.sqrt(Math.max(0, rate ** 2 + 2 * slope * units)));
}
