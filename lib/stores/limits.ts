import { lookAgainMs } from '../core/breaker.ts';
import type { Rate } from '../core/catalog.ts';
import type { Consent } from '../core/consent.ts';
import { afterRefusal, sameRate } from '../core/learned.ts';
import type { BookOptions, Booked, ScopeId, ScopeRef } from '../core/scope.ts';
import { type Booking, onGrid, planBooking, planWhole } from '../core/slots.ts';
import { createBreakers } from './breakers.ts';
import { createPlaces } from './places.ts';
import type { Change } from './change.ts';
import { createScopeItems } from './scope-items.ts';
import type { Table } from './table.ts';

const TRIES = 3;

/** Rate limits and breakers: one item per scope, one conditional write per change. */
export function createLimits(table: Table, deps: { readonly now: () => number }) {
  const { now } = deps;
  const items = createScopeItems(table, deps);

  /**
   * The last seen state picks the branch of the write; a wrong guess costs one failed write and tells the true
   * state. While a breaker is open only its probe, named by its owner, may book.
   */
  async function take(
    scope: ScopeRef,
    planFor: (tat: number | undefined) => Booking,
    probeOwner?: string,
  ): Promise<Booked> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { tat, breaker } = items.recall(scope);
      if (breaker && breaker.probeOwner !== probeOwner)
        return { kind: 'full', untilMs: lookAgainMs(breaker, now()) };
      const plan = planFor(tat);
      if (plan.branch === 'full') return { kind: 'full', untilMs: plan.tat };
      const advance = onGrid(plan.count * scope.periodMs);
      const { applied, state } = await items.change(scope, booking(plan, advance, probeOwner));
      if (!applied) continue;
      const first = plan.branch === 'idle' ? plan.from : (state.tat ?? plan.from);
      items.remember(scope, { ...state, tat: first + advance });
      return {
        kind: 'booked',
        slots: { first, periodMs: scope.periodMs, count: plan.count },
        tat: first + advance,
      };
    }
    const { breaker, tat } = items.recall(scope);
    return { kind: 'full', untilMs: breaker ? lookAgainMs(breaker, now()) : (tat ?? now()) };
  }

  return {
    recall: items.recall,
    peek: items.peek,
    ...createBreakers(items, deps),
    ...createPlaces(items, deps),

    /** Books up to `want` slots of a scope, none before `fromMs`. */
    book: (
      scope: ScopeRef,
      want: number,
      fromMs: number,
      { endMs, probeOwner }: BookOptions,
    ): Promise<Booked> =>
      take(
        scope,
        (tat) => planBooking(tat, scope.periodMs, want, Math.max(fromMs, now()), endMs),
        probeOwner,
      ),

    /** Keeps a scope free between two times, if it is free from the first of them on. */
    async reserve(scope: ScopeId, fromMs: number, toMs: number, probeOwner?: string): Promise<boolean> {
      const { open, values } = openTo(probeOwner);
      const tat = onGrid(toMs);
      const { applied, state } = await items.change(scope, {
        set: 'tat = :tat',
        where: `${open} AND (attribute_not_exists(tat) OR tat <= :from)`,
        values: { ':tat': tat, ':from': fromMs, ...values },
      });
      if (applied) items.remember(scope, { ...state, tat });
      return applied;
    },

    /** Books all of `want` slots or none; more than the horizon holds when the scope is idle. */
    bookWhole: (scope: ScopeRef, want: number): Promise<Booked> =>
      take(scope, (tat) => planWhole(tat, scope.periodMs, want, now())),

    /** Sets `tat` to `to` if it still is what our booking left; `false` when others have booked since. */
    async move(scope: ScopeId, mine: number, to: number): Promise<boolean> {
      const { applied, state } = await items.change(scope, {
        set: 'tat = :to',
        where: 'tat = :mine',
        values: { ':to': to, ':mine': mine },
      });
      if (applied) items.remember(scope, { ...state, tat: to });
      return applied;
    },

    /** Takes `count` places at the end of the line; answers the first one's time. Advisory: it binds nobody. */
    async standInLine(scope: ScopeRef, count: number): Promise<number> {
      const advance = count * scope.periodMs;
      for (let attempt = 1; ; attempt++) {
        const { tat = 0, line = 0 } = items.recall(scope);
        const base = Math.max(now(), tat);
        const waiting = line >= base;
        const { applied, state } = await items.change(
          scope,
          waiting
            ? { set: 'line = line + :n', where: 'line >= :base', values: { ':n': advance, ':base': base } }
            : {
                set: 'line = :line',
                where: 'attribute_not_exists(line) OR line < :base',
                values: { ':line': base + advance, ':base': base },
              },
        );
        const first = waiting && applied ? (state.line ?? base) : base;
        if (applied) items.remember(scope, { ...state, line: first + advance });
        if (applied || attempt === TRIES) return first;
      }
    },

    /** Nobody sends in this scope before `untilMs`: a provider's 429, for every worker, which slows down if it recurs. */
    async push(scope: ScopeId, untilMs: number): Promise<void> {
      if ((items.recall(scope).tat ?? 0) >= untilMs) return;
      const learned = afterRefusal(items.recall(scope).learned, now());
      const { applied, state } = await items.change(scope, {
        set: 'tat = :until, learned = :learned',
        where: 'attribute_not_exists(tat) OR tat < :until',
        values: { ':until': untilMs, ':learned': learned },
      });
      if (applied) items.remember(scope, { ...state, tat: untilMs, learned });
    },

    /** Notes a rate that the provider states; what is known already costs no write. */
    async learn(scope: ScopeId, rate: Rate): Promise<void> {
      const seen = items.recall(scope).learned;
      if (sameRate(seen?.rate, rate)) return;
      const learned = { share: 1, atMs: 0, ...seen, rate };
      const { applied, state } = await items.change(scope, {
        set: 'learned = :learned',
        where: seen ? 'learned = :seen' : 'attribute_not_exists(learned)',
        values: { ':learned': learned, ...(seen && { ':seen': seen }) },
      });
      if (applied) items.remember(scope, { ...state, learned });
    },

    /** Notes what a receiver answered. Of two workers that asked the same, the answer that holds longer stands. */
    async consent(scope: ScopeId, consent: Consent): Promise<void> {
      const { applied, state } = await items.change(scope, {
        set: 'consent = :consent',
        where: 'attribute_not_exists(consent) OR consent.untilMs < :until OR consent.question <> :question',
        values: { ':consent': consent, ':until': consent.untilMs, ':question': consent.question },
      });
      if (applied) items.remember(scope, { ...state, consent });
    },
  };
}

export type Limits = ReturnType<typeof createLimits>;

/** The write of a plan: a new line of slots from now on, or more of the one that reaches ahead. */
function booking(
  plan: Exclude<Booking, { branch: 'full' }>,
  advance: number,
  probeOwner: string | undefined,
): Change {
  const { open, values } = openTo(probeOwner);
  return plan.branch === 'idle'
    ? {
        set: 'tat = :tat',
        where: `${open} AND (attribute_not_exists(tat) OR tat < :from)`,
        values: { ':tat': plan.from + advance, ':from': plan.from, ...values },
      }
    : {
        set: 'tat = tat + :advance',
        where: `${open} AND tat >= :from AND tat <= :max`,
        values: { ':advance': advance, ':from': plan.from, ':max': plan.maxTat, ...values },
      };
}

/** The condition under which a scope may be booked: its breaker is closed, or the probe is ours. */
function openTo(probeOwner: string | undefined) {
  return probeOwner === undefined
    ? { open: 'attribute_not_exists(breaker)', values: {} }
    : {
        open: '(attribute_not_exists(breaker) OR breaker.probeOwner = :probe)',
        values: { ':probe': probeOwner },
      };
}
