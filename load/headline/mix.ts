import type { Event } from '../../lib/core/event.ts';
import type { Pattern } from '../../lib/core/pattern.ts';
import type { Rule } from '../bench/rules.ts';

type Logic = Rule['logic'];

interface Condition {
  readonly fact: string;
  readonly path?: string;
  readonly operator: string;
  readonly value: unknown;
}

/** One way to ask, in three languages. */
interface Asked {
  readonly match: Pattern;
  readonly engine: { readonly all: readonly Condition[] } | { readonly any: readonly Condition[] };
  readonly logic: Logic;
}

const variable = (path: string) => ({ var: path });
const at = (member: string) => ({ fact: 'data', path: `$.${member}` });

const exact = (n: number): Asked => ({
  match: { source: [`service-${n}`] },
  engine: { all: [{ fact: 'source', operator: 'equal', value: `service-${n}` }] },
  logic: { '===': [variable('source'), `service-${n}`] },
});
const prefix = (n: number): Asked => ({
  match: { topic: [{ prefix: `area${n}.` }] },
  engine: { all: [{ fact: 'topic', operator: 'startsWith', value: `area${n}.` }] },
  logic: { startsWith: [variable('topic'), `area${n}.`] },
});
const numeric = (n: number): Asked => ({
  match: { data: { amount: [{ numeric: ['>=', n, '<', n + 2] }] } },
  engine: {
    all: [
      { ...at('amount'), operator: 'greaterThanInclusive', value: n },
      { ...at('amount'), operator: 'lessThan', value: n + 2 },
    ],
  },
  logic: { and: [{ '>=': [variable('data.amount'), n] }, { '<': [variable('data.amount'), n + 2] }] },
});
const anythingBut = (n: number): Asked => ({
  match: { data: { env: [{ 'anything-but': ['test', 'dev'] }], team: [`team-${n}`] } },
  engine: {
    all: [
      { ...at('env'), operator: 'notIn', value: ['test', 'dev'] },
      { ...at('team'), operator: 'equal', value: `team-${n}` },
    ],
  },
  logic: {
    and: [
      { '!': { in: [variable('data.env'), ['test', 'dev']] } },
      { '===': [variable('data.team'), `team-${n}`] },
    ],
  },
});
const exists = (n: number): Asked => ({
  match: { data: { user: [{ exists: true }], customer: [`c${n}`] } },
  engine: {
    all: [
      { ...at('user'), operator: 'exists', value: true },
      { ...at('customer'), operator: 'equal', value: `c${n}` },
    ],
  },
  logic: { and: [{ exists: [variable('data.user')] }, { '===': [variable('data.customer'), `c${n}`] }] },
});
const wildcard = (n: number): Asked => ({
  match: { subject: [{ wildcard: `disk-${n}-*` }] },
  engine: { all: [{ fact: 'subject', operator: 'like', value: `disk-${n}-*` }] },
  logic: { like: [variable('subject'), `disk-${n}-*`] },
});
const either = (n: number): Asked => ({
  match: { $or: [{ source: [`other-${n}`] }, { data: { customer: [`c${n}`] } }] },
  engine: {
    any: [
      { fact: 'source', operator: 'equal', value: `other-${n}` },
      { ...at('customer'), operator: 'equal', value: `c${n}` },
    ],
  },
  logic: {
    or: [{ '===': [variable('source'), `other-${n}`] }, { '===': [variable('data.customer'), `c${n}`] }],
  },
});

/** Of forty rules: 60 % exact, 15 % prefix, 10 % numeric, 10 % anything-but and exists, 5 % wildcard and $or. */
const SHARES = [
  [24, exact],
  [6, prefix],
  [4, numeric],
  [2, anythingBut],
  [2, exists],
  [1, wildcard],
  [1, either],
] as const;
const FORTY = SHARES.flatMap(([count, ask]) => Array.from({ length: count }, () => ask));

export function mixOf(count: number): Rule[] {
  return Array.from({ length: count }, (_, n): Rule => {
    const { match, engine, logic } = FORTY[n % FORTY.length]!(n);
    return {
      route: { id: `r${n}`, order: n, match, destinations: [`d${n}`], continue: true },
      engine: { name: `r${n}`, conditions: engine, event: { type: `r${n}` } },
      logic,
    };
  });
}

/** A stream in which every member varies, so that every kind of rule wants something. */
export function mixedEvents(count: number): Event[] {
  return Array.from({ length: count }, (_, n): Event => {
    const k = (n * 37) % 1_500;
    return {
      id: `e${n}`,
      topic: `area${k}.changed`,
      time: '2026-11-21T10:00:00.000Z',
      lane: 'normal',
      source: `service-${k}`,
      subject: `disk-${k}-full`,
      severity: n % 2 === 0 ? 'error' : 'info',
      data: {
        title: 'Something happened',
        amount: k,
        env: n % 3 === 0 ? 'test' : 'prod',
        team: `team-${k}`,
        ...(n % 4 > 0 && { user: `u${n}` }),
        customer: `c${k}`,
      },
    };
  });
}

/** What both rivals have to be taught. */
export const OPERATORS = {
  startsWith: (value: unknown, wanted: unknown) =>
    typeof value === 'string' && value.startsWith(String(wanted)),
  exists: (value: unknown) => value !== undefined && value !== null,
  like: (value: unknown, pattern: unknown) =>
    typeof value === 'string' && new RegExp(`^${String(pattern).replaceAll('*', '.*')}$`).test(value),
} as const;
