import type { Received } from './inbox.ts';
import type { LimitRule, ScopeUse } from './limiter.ts';

/**
 * What a provider is to the twin: the routes it answers on, its limits as data, and pure functions that read
 * a request and word the answers. The twin around it does everything else (recording, limits, behaviours).
 */
export interface Provider {
  /** The channel this provider belongs to: names its messages in the inbox and its behaviour. */
  readonly name: string;
  readonly title: string;
  readonly limits: readonly LimitRule[];
  readonly doors: readonly Door[];
}

/** What a message says now that a provider has taken, by the provider's own name for it; `undefined`: there is none. */
export type Shown = (message: string) => Received | undefined;

/** One HTTP request, completely read. */
export interface Call {
  /** Named groups of the door's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: Buffer;
  /** Parsed JSON or form; `undefined` when it is neither. */
  readonly body: unknown;
}

/** What goes back. A string body is sent as it is, anything else as JSON, `undefined` as nothing. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Refusal {
  /** One line for people: what was wrong. */
  readonly why: string;
  readonly answer: Answer;
}

/** What a door found in a request. */
export interface Reading {
  /** Who the message is for: the name in the URL, a chat, an address. */
  readonly destination: string;
  /** Every scope the provider counts this request in. */
  readonly scopes?: readonly ScopeUse[];
  /** The message that it changes, as its provider calls it. */
  readonly changes?: string | undefined;
  /** Set when size, shape or rights are wrong. */
  readonly refusal?: Refusal | undefined;
}

/** How full the first scope of a request is, for providers that tell in their headers. */
export interface Usage {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/** How a provider words its answers. */
export interface Wording {
  /** `serial` grows by one with every request of the twin. */
  readonly accept: (call: Call, moment: { readonly atMs: number; readonly serial: number }) => Answer;
  readonly limited: (waitMs: number, rule: LimitRule) => Answer;
  /** The true answer to a status that a behaviour asks for; `retryAfter` in seconds. */
  readonly fail: (status: number, retryAfter?: number) => Answer;
  /** Headers that ride on every answer. */
  usage?(usage: Usage): Readonly<Record<string, string>>;
}

/** A route: method, path and what happens there. */
export interface Door extends Wording {
  readonly methods: readonly string[];
  readonly path: RegExp;
  readonly read: (call: Call, shown: Shown) => Reading;
  /** How its provider calls the message that an accepted request made, so that it can be changed. */
  readonly made?: (call: Call, answer: Answer) => string | undefined;
  /** Nobody's message: it is answered and not shown. */
  readonly isQuestion?: true;
  /** Where the provider knows a key of the sender: what it accepted under one, it does not take again. */
  readonly once?: Once;
}

export interface Once {
  /** Key of a request, sender included; `undefined`: it has none. */
  readonly key: (call: Call) => string | undefined;
  readonly knownMs: number;
  /** The answer to a repeat, from the answer to the first. */
  readonly again: (first: Answer) => Answer;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as a list; what is no list is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Whole seconds, at least 1, as `Retry-After` wants them. */
export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
