/** At most `limit` within any `perMs` milliseconds. */
export interface Window {
  readonly limit: number;
  readonly perMs: number;
}

/** A published limit of a provider. The window itself is what `arrivalRatio` is measured against. */
export interface LimitRule extends Window {
  readonly name: string;
  /** Where bursts are tolerated: the sliding windows that refuse instead. Absent: the limit itself refuses. */
  readonly judged?: readonly Window[];
  /** The page that states it. */
  readonly source: string;
}

export interface ScopeUse {
  readonly rule: LimitRule;
  /** What is counted: a webhook, a chat, a bot. */
  readonly key: string;
  /** Units this request takes (recipients); 1 when absent. */
  readonly cost?: number;
}

/** What one scope has seen. */
export interface ScopeReport {
  readonly rule: string;
  readonly scope: string;
  readonly limit: number;
  readonly perMs: number;
  readonly requests: number;
  readonly refused: number;
  /** Most arrivals (refused ones too) in any sliding window, over the limit. */
  readonly arrivalRatio: number;
  /** Shortest time in which limit + 1 arrived; null before that many came. At least `perMs` is obedience. */
  readonly shortestMs: number | null;
  readonly source: string;
}

export interface Limiter {
  /** Counts an arrival in every scope; tells the scope that refuses it, if one does, and the wait in ms. */
  readonly arrive: (
    uses: readonly ScopeUse[],
  ) => { readonly rule: LimitRule; readonly waitMs: number } | undefined;
  /** Takes the units of an accepted request. */
  readonly take: (uses: readonly ScopeUse[]) => void;
  readonly usage: (use: ScopeUse) => { limit: number; remaining: number; resetAfterMs: number };
  readonly report: () => ScopeReport[];
  readonly reset: () => void;
}

/**
 * How much faster than the limit requests may arrive before they are refused: a sender that paces at send
 * start is bunched a little by the network. The reports judge without this.
 */
export const ARRIVAL_TOLERANCE = 1.05;

interface Scope {
  readonly rule: LimitRule;
  readonly key: string;
  readonly arrivals: number[];
  readonly taken: number[];
  requests: number;
  refused: number;
  busiest: number;
  shortestMs: number;
}

/** Strict sliding-window counting of every scope; only accepted requests use a window up. */
export function createLimiter(now: () => number): Limiter {
  const scopes = new Map<string, Scope>();

  function scopeOf({ rule, key }: ScopeUse): Scope {
    const id = `${rule.name}\n${key}`;
    const known = scopes.get(id);
    if (known) return known;
    const fresh = {
      rule,
      key,
      arrivals: [],
      taken: [],
      requests: 0,
      refused: 0,
      busiest: 0,
      shortestMs: Infinity,
    };
    scopes.set(id, fresh);
    return fresh;
  }

  return {
    arrive(uses) {
      const at = now();
      let worst: { rule: LimitRule; waitMs: number } | undefined;
      for (const use of uses) {
        const scope = scopeOf(use);
        noteArrival(scope, at, use.cost ?? 1);
        const waitMs = waitOf(scope, at);
        if (waitMs === 0) continue;
        scope.refused += 1;
        if (!worst || waitMs > worst.waitMs) worst = { rule: scope.rule, waitMs };
      }
      return worst;
    },
    take(uses) {
      const at = now();
      for (const use of uses) {
        const scope = scopeOf(use);
        dropBefore(scope.taken, at - longest(scope.rule));
        for (let unit = 0; unit < (use.cost ?? 1); unit += 1) scope.taken.push(at);
      }
    },
    usage(use) {
      const { rule, taken } = scopeOf(use);
      const at = now();
      const inside = taken.filter((time) => time > at - rule.perMs);
      return {
        limit: rule.limit,
        remaining: Math.max(0, rule.limit - inside.length),
        resetAfterMs: (inside[0] ?? at) + rule.perMs - at,
      };
    },
    report: () => [...scopes.values()].map(reportOf),
    reset: () => scopes.clear(),
  };
}

function noteArrival(scope: Scope, at: number, cost: number): void {
  const { limit, perMs } = scope.rule;
  const { arrivals } = scope;
  scope.requests += 1;
  for (let unit = 0; unit < cost; unit += 1) arrivals.push(at);
  const before = arrivals.at(-1 - limit);
  if (before !== undefined) scope.shortestMs = Math.min(scope.shortestMs, at - before);
  // The last limit + 1 stay, so that the shortest time is known even when it is longer than the window.
  let inside = arrivals.length;
  while (inside > 0 && (arrivals[arrivals.length - inside] ?? at) <= at - perMs) inside -= 1;
  scope.busiest = Math.max(scope.busiest, inside);
  arrivals.splice(0, arrivals.length - Math.max(inside, limit + 1));
}

/** Milliseconds until every judged window has room; 0 when it has now. */
function waitOf({ rule, taken }: Scope, at: number): number {
  let waitMs = 0;
  for (const { limit, perMs } of rule.judged ?? [rule]) {
    const oldest = taken.at(-limit);
    if (oldest === undefined || oldest <= at - perMs / ARRIVAL_TOLERANCE) continue;
    waitMs = Math.max(waitMs, oldest + perMs - at);
  }
  return waitMs;
}

function longest(rule: LimitRule): number {
  return Math.max(rule.perMs, ...(rule.judged ?? []).map(({ perMs }) => perMs));
}

function dropBefore(times: number[], bound: number): void {
  const keep = times.findIndex((time) => time > bound);
  times.splice(0, keep === -1 ? times.length : keep);
}

function reportOf({ rule, key, requests, refused, busiest, shortestMs }: Scope): ScopeReport {
  return {
    rule: rule.name,
    scope: key,
    limit: rule.limit,
    perMs: rule.perMs,
    requests,
    refused,
    arrivalRatio: busiest / rule.limit,
    shortestMs: Number.isFinite(shortestMs) ? shortestMs : null,
    source: rule.source,
  };
}
