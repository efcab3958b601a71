import { throughOf } from './destination-id.ts';
import type { Hush } from './hush.ts';
import type { LabelMatcher } from './label-matcher.ts';
import { bindCondition } from './pattern/condition.ts';
import { Layout } from './pattern/layout.ts';
import { type Wanted, conditionOf } from './wanted.ts';
import { type Window, compileWindow } from './window.ts';

/** Keeps some events from some destinations for a time: what it holds back is recorded as discarded. */
export interface Silence extends Wanted {
  readonly id: string;
  /** Absent: from all. */
  readonly destinations?: readonly string[];
  /** Epoch ms. */
  readonly startsAt: number;
  /** Epoch ms; absent: until somebody ends it, which only one that recurs may do. */
  readonly endsAt?: number;
  /** Within its time it holds only while this is open. */
  readonly every?: Window;
  /** Destinations that are told when it starts, ends, or is on for long. */
  readonly notify?: readonly string[];
  /** For people who wonder later. */
  readonly reason: string;
  readonly author?: string;
  /** The matchers of Alertmanager's interface that `when` was made of. */
  readonly matchers?: readonly LabelMatcher[];
  /** When it was made or last changed, epoch ms. */
  readonly at: number;
}

/** `resting`: it recurs, and its window is not open now. */
export const SILENCE_STATES = ['pending', 'active', 'resting', 'ended'] as const;
export type SilenceState = (typeof SILENCE_STATES)[number];

export function silenceState({ startsAt, endsAt, every }: Silence, atMs: number): SilenceState {
  if (endsAt !== undefined && endsAt <= atMs) return 'ended';
  if (startsAt > atMs) return 'pending';
  return every && !compileWindow(every)(atMs) ? 'resting' : 'active';
}

const NOBODY: ReturnType<Hush> = () => [];

/** Compiles silences once; the result tells for a moment what they keep from whom. */
export function compileSilences(silences: readonly Silence[]): (atMs: number) => Hush {
  const layout = new Layout();
  const compiled = silences.map((silence) => ({
    silence,
    wants: bindCondition(conditionOf(silence), layout),
    only: silence.destinations && new Set(silence.destinations),
  }));
  return (atMs) => {
    const active = compiled.filter(({ silence }) => silenceState(silence, atMs) === 'active');
    if (active.length === 0) return () => NOBODY;
    return (event) => {
      const matching = layout.ask(event, (facts) => active.filter(({ wants }) => wants(facts)));
      if (matching.length === 0) return NOBODY;
      return (destination) =>
        matching
          .filter(({ only }) => only?.has(throughOf(destination)) ?? true)
          .map(({ silence }) => `silenced:${silence.id}`);
    };
  };
}
