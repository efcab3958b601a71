import type { Draft } from '../../lib/core/event-input.ts';
import { isoTime } from '../../lib/core/iso-time.ts';
import { PAGES } from './escalations.ts';
import { NO_FAULTS } from './faults.ts';
import { type AlertState, draftOf } from './incidents.ts';
import { type Nature, urlOf } from './providers.ts';
import { type PlannedPost, START, type Scenario, SPREAD_MS, type Tenant } from './scenario.ts';

/** A day on which nothing goes wrong but the crashes that are planned for it; as short as shows what it is for. */
export interface Day {
  readonly name: string;
  readonly scenario: Scenario;
}

const TENANT = 'acme';
/** Timers find nothing in most minutes of a long wait; a run of theirs every five costs a quarter. */
const TIMERS_MS = 5 * 60_000;
/** What is broken heals at 120 s: soon enough from here for a retry that waits in a queue. */
const LATE_MS = 70_000;

interface Sketch {
  readonly destinations: readonly (readonly [id: string, nature: Nature, limit?: number, edits?: true])[];
  readonly posts: readonly PlannedPost[];
  readonly tenant?: Partial<Tenant>;
  readonly scenario?: Partial<Scenario>;
}

function dayOf(name: string, { destinations, posts, tenant, scenario }: Sketch): Day {
  return {
    name,
    scenario: {
      tenants: [
        {
          id: TENANT,
          destinations: destinations.map(([id, , limit, edits]) => ({
            id,
            channel: 'chat',
            settings: { url: urlOf(TENANT, id), bot: 'bot', ...(edits && { edits }) },
            enabled: true,
            ...(limit !== undefined && { rate: { limit, perMs: 1_000 } }),
          })),
          natures: new Map(destinations.map(([id, nature]) => [id, nature])),
          routes: [{ id: 'all', order: 1, destinations: destinations.map(([id]) => id) }],
          laterRoutes: undefined,
          topics: [],
          limits: [],
          posts,
          ...tenant,
        },
      ],
      pauses: [],
      replays: [],
      acknowledgements: [],
      heartbeats: [],
      faults: NO_FAULTS,
      skewMs: SPREAD_MS,
      concurrency: 1,
      batchSize: 4,
      maxReceives: 100,
      timersEveryMs: TIMERS_MS,
      isNew: false,
      ...scenario,
    },
  };
}

function post(atMs: number, ...drafts: readonly Omit<Draft, 'data'>[]): PlannedPost {
  const items = drafts.map((draft) => {
    return { ok: true as const, draft: { ...draft, data: { title: `${TENANT} ${draft.id}`, key: 'k' } } };
  });
  return { atMs, post: { tenant: TENANT, items } };
}

/** An alert's states, each posted when its source says that it began or ended. */
function alert(...states: readonly AlertState[]): PlannedPost[] {
  return states.map((state, index) => {
    const draft = { ...draftOf(TENANT, state, START), id: `a${index}` };
    const atMs = state.endsAtMs ?? state.startsAtMs;
    return { atMs, post: { tenant: TENANT, items: [{ ok: true as const, draft }] } };
  });
}

/** A destination with a limit, one that heals after three attempts, one that is gone for good. */
const BUSY: Sketch = {
  destinations: [
    ['one', 'healthy', 5],
    ['two', 'broken'],
    ['three', 'closed'],
  ],
  posts: [
    post(LATE_MS, { id: 'e1', topic: 'a' }, { id: 'e2', topic: 'a' }),
    post(LATE_MS + 500, { id: 'e3', topic: 'a', lane: 'urgent' }),
  ],
};

export const DAYS: readonly Day[] = [
  dayOf('busy', BUSY),
  // Leads every message that a crash strands into the dead letters.
  dayOf('few receives', { ...BUSY, scenario: { maxReceives: 1 } }),
  // Broken for so long that a retry waits in the due index.
  dayOf('long wait', { destinations: [['two', 'broken']], posts: [post(0, { id: 'e1', topic: 'a' })] }),
  // One waits in the queue for its time, one with the timers.
  dayOf('schedule', {
    destinations: [['one', 'healthy', 5]],
    posts: [
      post(
        LATE_MS,
        { id: 'e1', topic: 'a', scheduledAt: isoTime(START + 2 * LATE_MS) },
        { id: 'e2', topic: 'a', scheduledAt: isoTime(START + 10 * LATE_MS) },
      ),
    ],
  }),
  dayOf('pause', {
    destinations: [['one', 'healthy', 5]],
    posts: [post(LATE_MS, { id: 'e1', topic: 'a' }, { id: 'e2', topic: 'a' })],
    scenario: {
      pauses: [{ by: TENANT, target: { destination: 'one' }, fromMs: 0, toMs: LATE_MS + 60_000 }],
    },
  }),
  // The first has a slot, the others gather, stand in line together, and are told in one message.
  dayOf('long line', {
    destinations: [],
    posts: [
      post(LATE_MS, { id: 'e1', topic: 'a' }, { id: 'e2', topic: 'a' }, { id: 'e3', topic: 'a' }),
      post(LATE_MS + 500, { id: 'e4', topic: 'a' }),
    ],
    tenant: {
      destinations: [
        {
          id: 'one',
          channel: 'chat',
          settings: { url: urlOf(TENANT, 'one') },
          enabled: true,
          merge: true,
          rate: { limit: 1, perMs: 100_000 },
        },
      ],
      routes: [{ id: 'all', order: 1, destinations: ['one'] }],
    },
  }),
  // Two posts of one line, to a destination that lets it go on, and to one that holds it for three attempts.
  dayOf('in order', {
    destinations: [
      ['one', 'healthy', 5],
      ['two', 'broken'],
    ],
    posts: [
      post(LATE_MS, { id: 'e1', topic: 'order.paid' }, { id: 'e2', topic: 'order.paid' }),
      post(LATE_MS + 500, { id: 'e3', topic: 'order.paid' }),
    ],
    tenant: { topics: [{ id: 'line', topics: ['order.*'], ordered: true, orderingKey: 'data.key' }] },
  }),
  // One destination refuses at first: what died there is sent again, then all of it is.
  dayOf('replays', {
    destinations: [
      ['one', 'healthy', 5],
      ['two', 'strict'],
    ],
    posts: [post(LATE_MS, { id: 'e1', topic: 'a' }, { id: 'e2', topic: 'a' })],
    scenario: {
      replays: [
        { tenant: TENANT, atMs: 2 * LATE_MS, what: { state: 'dead' } },
        { tenant: TENANT, atMs: 2 * LATE_MS + 1_000, what: { topic: 'a' } },
      ],
    },
  }),
  // An alert that nobody takes care of until its second step, and that ends after it.
  dayOf('escalation', {
    destinations: [
      ['one', 'healthy'],
      ['two', 'healthy'],
    ],
    posts: alert(
      { name: 'disk', order: 1, status: 'firing', startsAtMs: LATE_MS },
      { name: 'disk', order: 2, status: 'resolved', startsAtMs: LATE_MS, endsAtMs: LATE_MS + 11 * 60_000 },
    ),
    tenant: {
      routes: [
        {
          id: PAGES,
          order: 0,
          destinations: ['one'],
          escalate: { steps: [{ afterMs: 20_000, destinations: ['two'] }], repeat: 1 },
        },
      ],
    },
  }),
  // An alert begins and ends while one that can change its message is busy, and another refuses its page at first.
  dayOf('incident', {
    destinations: [
      ['one', 'healthy', 5, true],
      ['two', 'broken'],
    ],
    posts: alert(
      { name: 'disk', order: 1, status: 'firing', startsAtMs: LATE_MS },
      { name: 'disk', order: 2, status: 'resolved', startsAtMs: LATE_MS, endsAtMs: LATE_MS + 100 },
      { name: 'disk', order: 3, status: 'firing', startsAtMs: LATE_MS + 8_000 },
    ),
  }),
];
