import type { EscalationState, EscalationMove } from '../core/escalation.ts';
import { keys } from '../core/keys.ts';
import type { Written } from '../core/written.ts';
import { number, optional, text } from './attributes.ts';
import {
  type Item,
  type Statement,
  type Table,
  execute,
  getItems,
  insert,
  keyText,
  update,
} from './table.ts';

/** An incident that nobody says anything of for so long is forgotten, and may open anew. */
const KEPT_SECONDS = 7 * 86_400;

/** Others move it at the same time: who was slower reads again. */
const TRIES = 5;

/** Incidents that are escalated: one item each, which one write at a time moves on from what was seen. */
export function createEscalations(table: Table, { now }: { readonly now: () => number }) {
  const ttl = (): number => Math.ceil(now() / 1_000) + KEPT_SECONDS;

  function statement(tenant: string, { incident, move, event, atMs, raisedMs }: EscalationMove): Statement {
    const key = keys.escalation(tenant, incident);
    const { kind, replaces } = move;
    if (kind === 'again') return update(table, key, { began: atMs, ttl: ttl() }, seen(replaces));
    const set =
      kind === 'open'
        ? {
            state: 'open',
            opener: event,
            began: atMs,
            raised: raisedMs,
            told: replaces && replaces.state !== 'over' ? (replaces.told ?? []) : [],
            notes: (replaces?.notes ?? 0) + 1,
            spent: false,
            at: now(),
            ttl: ttl(),
          }
        : { state: 'over', opener: replaces?.opener ?? event, resolvedAt: atMs, at: now(), ttl: ttl() };
    if (!replaces) return insert(table, { ...key, ...set });
    // Who took care of it before does not take care of what begins anew.
    return update(
      table,
      key,
      set,
      seen(replaces),
      kind === 'open' && replaces.by !== undefined ? 'by' : undefined,
    );
  }

  async function read(tenant: string, incidents: readonly string[]): Promise<Map<string, EscalationState>> {
    const wanted = incidents.map((incident) => keys.escalation(tenant, incident));
    const items = await getItems(table, wanted);
    return new Map(
      incidents.flatMap((incident, index) => {
        const item = items.get(keyText(wanted[index]!));
        return item ? [[incident, escalationIn(item)] as const] : [];
      }),
    );
  }

  return {
    /** Those that are known. Throws when the table cannot be read. */
    read,

    /** Writes moves, each on what it was decided by: a conflict says that somebody else was faster. */
    move: (tenant: string, moves: readonly EscalationMove[]): Promise<Written[]> =>
      execute(
        table,
        moves.map((one) => statement(tenant, one)),
      ),

    /** Notes that all steps were taken. A conflict is no harm: somebody has acknowledged it, or it is over. */
    exhaust: (tenant: string, incident: string, opener: string): Promise<Written[]> => {
      const set = { spent: true, at: now(), ttl: ttl() };
      return execute(table, [
        update(table, keys.escalation(tenant, incident), set, { opener, state: 'open' }),
      ]);
    },

    /**
     * Notes whom a step tells, before it does, also where the incident has begun anew since: they are to hear of its
     * end. Answers how it stands then. Throws when that is not known.
     */
    async note(
      tenant: string,
      incident: string,
      destinations: readonly string[],
    ): Promise<EscalationState | undefined> {
      for (let tries = 0; tries < TRIES; tries++) {
        const known = (await read(tenant, [incident])).get(incident);
        if (known === undefined) return undefined;
        const told = [...new Set([...(known.told ?? []), ...destinations])];
        const set = { told, notes: (known.notes ?? 0) + 1, ttl: ttl() };
        const [written] = await execute(table, [
          update(table, keys.escalation(tenant, incident), set, seen(known)),
        ]);
        if (written?.kind === 'written') return (await read(tenant, [incident])).get(incident);
        if (written?.kind === 'unknown') break;
      }
      throw new Error(`what is told of an incident cannot be noted`);
    },

    /** Acknowledges an incident that is open; answers how it stands then. */
    async acknowledge(
      tenant: string,
      incident: string,
      by?: string,
    ): Promise<EscalationState | undefined | 'unknown'> {
      for (let tries = 0; tries < TRIES; tries++) {
        const known = (await read(tenant, [incident])).get(incident);
        if (known?.state !== 'open' || known.ttl * 1_000 < now()) return known;
        const set = { state: 'acknowledged', by, at: now(), ttl: ttl() };
        const [written] = await execute(table, [
          update(table, keys.escalation(tenant, incident), set, seen(known)),
        ]);
        if (written?.kind === 'written') return (await read(tenant, [incident])).get(incident);
        if (written?.kind === 'unknown') break;
      }
      return 'unknown';
    },
  };
}

/** The condition that it is as it was. */
function seen({ opener, state, began, resolvedAt, notes }: EscalationState) {
  return { opener, state, ...optional({ began, resolvedAt, notes }) };
}

/** What an item says of its incident. */
export function escalationIn(item: Item): EscalationState {
  const state = text(item, 'state');
  return {
    state: state === 'open' || state === 'acknowledged' ? state : 'over',
    opener: text(item, 'opener') ?? '',
    at: number(item, 'at') ?? 0,
    ttl: number(item, 'ttl') ?? 0,
    ...optional({
      began: number(item, 'began'),
      raised: number(item, 'raised'),
      resolvedAt: number(item, 'resolvedAt'),
      notes: number(item, 'notes'),
      by: text(item, 'by'),
    }),
    ...(item['spent'] === true && { spent: true as const }),
    ...(Array.isArray(item['told']) && { told: item['told'].filter((id) => typeof id === 'string') }),
  };
}
