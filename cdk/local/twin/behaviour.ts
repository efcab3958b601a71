import { isRecord } from './provider.ts';

/** How a channel is told to misbehave. Everything absent is normal. */
export interface Behaviour {
  /** Answer with this instead: an HTTP status, or a reply code for SMTP. */
  readonly status?: number;
  /** Seconds; goes where the provider puts it (header, body or both). */
  readonly retryAfter?: number;
  /** Wait this long before answering. */
  readonly delayMs?: number;
  /** Share of requests that `status` or `hang` hits, 0 to 1; 1 when absent. */
  readonly failRate?: number;
  /** Start of the sequence that decides which ones. */
  readonly seed?: number;
  /** Never answer. */
  readonly hang?: boolean;
  /** Answer with this body: a string as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** What a behaviour does to one request. */
export interface Fault {
  readonly delayMs: number;
  readonly hang: boolean;
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;
  readonly body: unknown;
}

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

type Check = readonly [fits: (value: unknown) => boolean, message: string];

const between = (low: number, high: number) => (value: unknown) =>
  typeof value === 'number' && value >= low && value <= high;
const whole = (low: number, high: number) => (value: unknown) =>
  Number.isInteger(value) && between(low, high)(value);

const CHECKS: Readonly<Record<keyof Behaviour, Check>> = {
  status: [whole(200, 599), 'must be a whole number from 200 to 599'],
  retryAfter: [between(0, 86_400), 'must be seconds, a number from 0 to 86400'],
  delayMs: [whole(0, 600_000), 'must be milliseconds, a whole number from 0 to 600000'],
  failRate: [between(0, 1), 'must be a number from 0 to 1'],
  seed: [whole(0, 2 ** 32 - 1), 'must be a whole number from 0 to 4294967295'],
  hang: [(value) => typeof value === 'boolean', 'must be true or false'],
  body: [() => true, ''],
};

function isMember(name: string): name is keyof Behaviour {
  return Object.hasOwn(CHECKS, name);
}

/** Checks what was put; a member that is null counts as absent. */
export function parseBehaviour(
  value: unknown,
): { readonly behaviour: Behaviour } | { readonly errors: FieldError[] } {
  if (!isRecord(value))
    return { errors: [{ field: '', message: 'must be a JSON object, or null to reset' }] };
  const given = Object.entries(value).filter(([, each]) => each !== null);
  const errors = given.flatMap(([field, each]) => {
    const check = isMember(field) ? CHECKS[field] : undefined;
    if (!check) return [{ field, message: `is unknown; use ${Object.keys(CHECKS).join(', ')}` }];
    return check[0](each) ? [] : [{ field, message: check[1] }];
  });
  return errors.length > 0 ? { errors } : { behaviour: Object.fromEntries(given) };
}

export interface Behaviours {
  readonly get: (channel: string) => Behaviour | undefined;
  /** `undefined` resets. Setting one starts its sequence anew. */
  readonly set: (channel: string, behaviour: Behaviour | undefined) => void;
  /** What happens to the next request; `undefined`: nothing special. */
  readonly next: (channel: string) => Fault | undefined;
}

export function createBehaviours(): Behaviours {
  const active = new Map<string, { behaviour: Behaviour; draw: () => number }>();
  return {
    get: (channel) => active.get(channel)?.behaviour,
    set(channel, behaviour) {
      if (behaviour) active.set(channel, { behaviour, draw: sequence(behaviour.seed ?? 1) });
      else active.delete(channel);
    },
    next(channel) {
      const entry = active.get(channel);
      if (!entry) return undefined;
      const { status, retryAfter, delayMs = 0, failRate, hang = false, body } = entry.behaviour;
      const hit = failRate === undefined || entry.draw() < failRate;
      const plain = failRate === undefined && status === undefined && retryAfter === undefined;
      // A rate or a hint alone means trouble: a hint is a 429, a rate a 500.
      const told = plain ? undefined : (status ?? (retryAfter === undefined ? 500 : 429));
      if (!hit) return { delayMs, hang: false, status: undefined, retryAfter: undefined, body: undefined };
      return { delayMs, hang, status: hang ? undefined : told, retryAfter, body };
    },
  };
}

/** Numbers in [0, 1) from a 32-bit seed (the splitmix32 mixer): equal seeds give equal runs. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e_37_79_b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21_f0_aa_ad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x73_5a_2d_97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
