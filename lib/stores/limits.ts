import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Breaker, FIRST_OPEN_MS, PROBE_MS, WINDOW_MS, nextOpenMs, shouldOpen } from '../core/breaker.ts';
import { keys } from '../core/keys.ts';
import type { Booked, ScopeRef, ScopeState } from '../core/scope.ts';
import { planBooking } from '../core/slots.ts';
import { type Table, fromAttributes, getItems, keyText, toAttributes } from './table.ts';

const TTL_SECONDS = 86_400;
const TRIES = 3;
const MAX_REMEMBERED = 5_000;

export function createLimits(table: Table, { now }: { readonly now: () => number }) {
  /** Last seen states. They may only refuse or guess a branch; what they allow is decided by a condition. */
  const seen = new Map<string, { readonly state: ScopeState; readonly at: number }>();

  function remember(scope: Pick<ScopeRef, 'tenant' | 'id'>, state: ScopeState): void {
    const key = keyText(keys.scope(scope.tenant, scope.id));
    seen.delete(key);
    if (seen.size >= MAX_REMEMBERED) seen.delete(seen.keys().next().value as string);
    seen.set(key, { state, at: now() });
  }

  function recall(scope: Pick<ScopeRef, 'tenant' | 'id'>): ScopeState | undefined {
    return seen.get(keyText(keys.scope(scope.tenant, scope.id)))?.state;
  }

  /** One conditional UpdateItem; the old item when it was applied, the current one when it was not. */
  async function change(
    scope: Pick<ScopeRef, 'tenant' | 'id'>,
    expression: string,
    condition: string,
    values: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly applied: boolean; readonly state: ScopeState }> {
    const ttl = Math.ceil(now() / 1000) + TTL_SECONDS;
    try {
      const { Attributes } = await table.client.send(
        new UpdateItemCommand({
          TableName: table.name,
          Key: toAttributes({ ...keys.scope(scope.tenant, scope.id) }),
          UpdateExpression: expression.startsWith('SET ')
            ? `SET #ttl = :ttl, ${expression.slice(4)}`
            : expression,
          ConditionExpression: condition,
          ExpressionAttributeNames: expression.startsWith('SET ') ? { '#ttl': 'ttl' } : undefined,
          ExpressionAttributeValues: toAttributes(
            expression.startsWith('SET ') ? { ...values, ':ttl': ttl } : values,
          ),
          ReturnValues: 'ALL_OLD',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { applied: true, state: (Attributes ? fromAttributes(Attributes) : {}) as ScopeState };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const state = (error.Item ? fromAttributes(error.Item) : await readState(scope)) as ScopeState;
      remember(scope, state);
      return { applied: false, state };
    }
  }

  async function readState(scope: Pick<ScopeRef, 'tenant' | 'id'>): Promise<ScopeState> {
    const key = keys.scope(scope.tenant, scope.id);
    return ((await getItems(table, [key])).get(keyText(key)) ?? {}) as ScopeState;
  }

  return {
    recall,

    /** States of scopes that need no booking, at most `maxAgeMs` old; one read for all that are not known. */
    async peek(scopes: readonly Pick<ScopeRef, 'tenant' | 'id'>[], maxAgeMs: number): Promise<void> {
      const stale = scopes.filter((scope) => {
        const known = seen.get(keyText(keys.scope(scope.tenant, scope.id)));
        return known === undefined || now() - known.at > maxAgeMs;
      });
      if (stale.length === 0) return;
      const items = await getItems(
        table,
        stale.map((scope) => keys.scope(scope.tenant, scope.id)),
      );
      for (const scope of stale) {
        remember(scope, (items.get(keyText(keys.scope(scope.tenant, scope.id))) ?? {}) as ScopeState);
      }
    },

    /**
     * Books up to `want` slots of a scope, none before `fromMs`. The last seen state picks the branch of the
     * write; a wrong guess costs one failed write and tells the true state.
     */
    async book(scope: ScopeRef, want: number, fromMs: number): Promise<Booked> {
      let state = recall(scope) ?? {};
      for (let attempt = 0; attempt < TRIES; attempt++) {
        if (state.breaker) return { kind: 'full', untilMs: state.breaker.until, state };
        const plan = planBooking(state.tat, scope.periodMs, want, Math.max(fromMs, now()), now());
        if (plan.branch === 'full') return { kind: 'full', untilMs: plan.tat, state };
        const advance = plan.count * scope.periodMs;
        const { applied, state: before } =
          plan.branch === 'idle'
            ? await change(
                scope,
                'SET tat = :tat',
                'attribute_not_exists(breaker) AND (attribute_not_exists(tat) OR tat < :from)',
                { ':tat': plan.from + advance, ':from': plan.from },
              )
            : await change(
                scope,
                'SET tat = tat + :advance',
                'attribute_not_exists(breaker) AND tat >= :from AND tat <= :max',
                { ':advance': advance, ':from': plan.from, ':max': plan.maxTat },
              );
        if (applied) {
          const first = plan.branch === 'idle' ? plan.from : (before.tat as number);
          const tat = first + advance;
          remember(scope, { ...before, tat });
          return { kind: 'booked', slots: { first, periodMs: scope.periodMs, count: plan.count }, tat };
        }
        state = before;
      }
      return { kind: 'full', untilMs: state.breaker?.until ?? state.tat ?? now(), state };
    },

    /** Sets `tat` to `to` if it still is what our booking left; `false` when others have booked since. */
    async move(scope: ScopeRef, mine: number, to: number): Promise<boolean> {
      const { applied, state } = await change(scope, 'SET tat = :to', 'tat = :mine', {
        ':to': to,
        ':mine': mine,
      });
      if (applied) remember(scope, { ...state, tat: to });
      return applied;
    },

    /** Takes `count` places at the end of the line; answers the first one's time. Advisory: it binds nobody. */
    async standInLine(scope: ScopeRef, count: number): Promise<number> {
      for (let attempt = 0; ; attempt++) {
        const state = recall(scope) ?? {};
        const base = Math.max(now(), state.tat ?? 0);
        const advance = count * scope.periodMs;
        const waiting = (state.line ?? 0) >= base;
        const { applied, state: before } = waiting
          ? await change(scope, 'SET line = line + :advance', 'line >= :base', {
              ':advance': advance,
              ':base': base,
            })
          : await change(scope, 'SET line = :line', 'attribute_not_exists(line) OR line < :base', {
              ':line': base + advance,
              ':base': base,
            });
        const line = waiting && applied ? (before.line as number) : base;
        if (applied) remember(scope, { ...before, line: line + advance });
        if (applied || attempt + 1 >= TRIES) return line;
      }
    },

    /** Nobody sends in this scope before `untilMs`: a provider's 429 or an open breaker, for every worker. */
    async push(scope: Pick<ScopeRef, 'tenant' | 'id'>, untilMs: number): Promise<void> {
      const known = recall(scope);
      if ((known?.tat ?? 0) >= untilMs) return;
      const { applied, state } = await change(
        scope,
        'SET tat = :until',
        'attribute_not_exists(tat) OR tat < :until',
        {
          ':until': untilMs,
        },
      );
      if (applied) remember(scope, { ...state, tat: untilMs });
    },

    /** Tries to become the one probe of an open breaker whose time is up. */
    async probe(scope: Pick<ScopeRef, 'tenant' | 'id'>, breaker: Breaker, owner: string): Promise<boolean> {
      const next: Breaker = { state: 'probing', until: now() + PROBE_MS, owner, openMs: breaker.openMs };
      const { applied, state } = await change(scope, 'SET breaker = :next', 'breaker = :seen', {
        ':next': next,
        ':seen': breaker,
      });
      if (applied) remember(scope, { ...state, breaker: next });
      return applied;
    },

    /** Ends our probe: heals the destination, or shuts it for twice as long. */
    async endProbe(scope: Pick<ScopeRef, 'tenant' | 'id'>, owner: string, healed: boolean): Promise<void> {
      const breaker = recall(scope)?.breaker;
      if (breaker?.owner !== owner) return;
      const openMs = nextOpenMs(breaker.openMs);
      const { applied, state } = healed
        ? await change(scope, 'REMOVE breaker, ok, fail', 'breaker = :seen', { ':seen': breaker })
        : await change(scope, 'SET breaker = :next', 'breaker = :seen', {
            ':seen': breaker,
            ':next': { state: 'open', until: now() + openMs, openMs } satisfies Breaker,
          });
      if (!applied) return;
      const { breaker: _, ok: _ok, fail: _fail, ...rest } = state;
      remember(
        scope,
        healed ? rest : { ...state, breaker: { state: 'open', until: now() + openMs, openMs } },
      );
    },

    /** Counts a batch that held failures and opens the breaker when they prevail; says whether it did. */
    async report(scope: Pick<ScopeRef, 'tenant' | 'id'>, ok: number, fail: number): Promise<boolean> {
      const known = recall(scope);
      const fresh = now() - (known?.windowAt ?? 0) < WINDOW_MS;
      const sum = { ok: (fresh ? (known?.ok ?? 0) : 0) + ok, fail: (fresh ? (known?.fail ?? 0) : 0) + fail };
      const since = now() - WINDOW_MS;
      const { applied, state } = fresh
        ? await change(scope, 'SET ok = ok + :ok, fail = fail + :fail', 'windowAt > :since', {
            ':ok': ok,
            ':fail': fail,
            ':since': since,
          })
        : await change(
            scope,
            'SET ok = :ok, fail = :fail, windowAt = :now',
            'attribute_not_exists(windowAt) OR windowAt <= :since',
            { ':ok': ok, ':fail': fail, ':now': now(), ':since': since },
          );
      // Another worker opened a new window meanwhile: this batch goes uncounted, the next one counts.
      if (!applied) return false;
      const counted = fresh ? { ok: (state.ok ?? 0) + ok, fail: (state.fail ?? 0) + fail } : sum;
      remember(scope, { ...state, ...counted, windowAt: fresh ? (state.windowAt ?? now()) : now() });
      if (state.breaker || !shouldOpen(counted)) return false;
      return await open(scope, { ...state, ...counted });
    },
  };

  async function open(scope: Pick<ScopeRef, 'tenant' | 'id'>, state: ScopeState): Promise<boolean> {
    const breaker: Breaker = { state: 'open', until: now() + FIRST_OPEN_MS, openMs: FIRST_OPEN_MS };
    const { applied } = await change(scope, 'SET breaker = :breaker', 'attribute_not_exists(breaker)', {
      ':breaker': breaker,
    });
    if (applied) remember(scope, { ...state, breaker });
    return applied;
  }
}

export type Limits = ReturnType<typeof createLimits>;
