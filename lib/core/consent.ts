import type { Rate } from './catalog.ts';
import { type Outcome, type Reply, outcomeOf } from './outcome.ts';

/** Why a receiver gets nothing for now. */
export interface Refusal {
  readonly outcome: Extract<Outcome, { kind: 'retry' }>;
  /** For people. */
  readonly detail: string;
}

/** What a receiver said when it was asked whether it wants our messages. It lies in the destination's scope. */
export interface Consent {
  /** Which question it answered: what has changed since is asked anew. */
  readonly question: string;
  /** When it is asked again. */
  readonly untilMs: number;
  /** Absent: it agreed. */
  readonly refusal?: Refusal;
}

/** What a channel reads in the answer. */
export type Permission =
  | { readonly granted: true; readonly rate?: Rate | undefined }
  | { readonly granted: false; readonly detail: string };

const AGREED_MS = 86_400_000;
/** While a receiver refuses, everything that comes for it shares one question. */
const REFUSED_MS = 60_000;

/** The consent that an answer amounts to. Nothing but a permission is one, whatever the status. */
export function consentOf(question: string, reply: Reply, permission: Permission, nowMs: number): Consent {
  if (permission.granted) return { question, untilMs: nowMs + AGREED_MS };
  const outcome = outcomeOf(reply, nowMs);
  const afterMs = 'afterMs' in outcome ? outcome.afterMs : undefined;
  return {
    question,
    untilMs: nowMs + Math.max(REFUSED_MS, afterMs ?? 0),
    refusal: {
      outcome: withheld(outcome),
      detail: `the receiver did not consent${reply.kind === 'reply' ? ` (${reply.status})` : ''}: ${permission.detail}`,
    },
  };
}

/** The message itself was not sent, so nothing is in doubt, and people may still put it right on either side. */
function withheld(outcome: Outcome): Refusal['outcome'] {
  if (outcome.kind === 'retry') return outcome;
  if (outcome.kind === 'maybe') return { ...outcome, kind: 'retry' };
  return { kind: 'retry', reason: 'settings' };
}
