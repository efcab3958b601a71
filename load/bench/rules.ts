import type { Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import type { Pattern } from '../../lib/core/pattern.ts';
import type { RuleProperties } from 'json-rules-engine';

/** One rule in the three languages that are compared. */
export interface Rule {
  readonly route: Route;
  /** For json-rules-engine. */
  readonly engine: RuleProperties;
  /** For json-logic-js. */
  readonly logic: { readonly [operator: string]: unknown };
}

type Test = readonly [path: readonly string[], operator: keyof typeof OPERATORS, value: unknown];

/** How each language says it. `startsWith` is an operator of our own in both rivals. */
const OPERATORS = {
  equals: {
    matcher: (value: unknown) => value,
    engine: 'equal',
    logic: (path: string, value: unknown) => ({ '===': [{ var: path }, value] }),
  },
  startsWith: {
    matcher: (value: unknown) => ({ prefix: value }),
    engine: 'startsWith',
    logic: (path: string, value: unknown) => ({ startsWith: [{ var: path }, value] }),
  },
  above: {
    matcher: (value: unknown) => ({ numeric: ['>', value] }),
    engine: 'greaterThan',
    logic: (path: string, value: unknown) => ({ '>': [{ var: path }, value] }),
  },
} as const;

const TEAM = ['data', 'labels', 'team'];

/** What teams ask for, in turn: a source, a topic, a team's alerts, a customer's large orders, one of two hosts. */
function testsOf(n: number): { readonly all?: readonly Test[]; readonly any?: readonly Test[] } {
  switch (n % 5) {
    case 0:
      return { all: [[['source'], 'equals', `service-${n}`]] };
    case 1:
      return { all: [[['topic'], 'startsWith', `area${n}.`]] };
    case 2:
      return {
        all: [
          [TEAM, 'equals', `team-${n}`],
          [['severity'], 'equals', 'error'],
        ],
      };
    case 3:
      return {
        all: [
          [['data', 'customer'], 'equals', `c${n}`],
          [['data', 'amount'], 'above', 500],
        ],
      };
    default:
      return {
        any: [
          [['subject'], 'equals', `host-${n}`],
          [['subject'], 'equals', `host-${n + 1}`],
        ],
      };
  }
}

export function rulesOf(count: number): Rule[] {
  return Array.from({ length: count }, (_, n) => ruleOf(n));
}

function ruleOf(n: number): Rule {
  const { all, any } = testsOf(n);
  const tests = all ?? any ?? [];
  const patterns = tests.map(([path, operator, value]) => ({
    [path.join('.')]: [OPERATORS[operator].matcher(value)],
  }));
  const conditions = tests.map(([path, operator, value]) => {
    const [fact = '', ...rest] = path;
    const below = rest.length > 0 ? { path: `$.${rest.join('.')}` } : {};
    return { fact, operator: OPERATORS[operator].engine, value, ...below };
  });
  const parts = tests.map(([path, operator, value]) => OPERATORS[operator].logic(path.join('.'), value));
  const match: Pattern = all ? Object.assign({}, ...patterns) : { $or: patterns };
  return {
    // Every rule that matches is to be found, in all three.
    route: { id: `r${n}`, order: n, match, destinations: [`d${n}`], continue: true },
    engine: {
      name: `r${n}`,
      conditions: all ? { all: conditions } : { any: conditions },
      event: { type: `r${n}` },
    },
    logic: all ? { and: parts } : { or: parts },
  };
}

/** A stream in which one event in three is wanted by some of a thousand rules. */
export function eventsOf(count: number): Event[] {
  return Array.from({ length: count }, (_, n): Event => {
    const k = (n * 37) % 1_500;
    return {
      id: `e${n}`,
      topic: n % 4 === 1 ? `area${k}.changed` : 'orders.paid',
      time: '2026-11-21T10:00:00.000Z',
      lane: 'normal',
      source: n % 4 === 0 ? `service-${k}` : 'shop',
      subject: n % 4 === 3 ? `host-${k}` : `order-${n}`,
      severity: n % 2 === 0 ? 'error' : 'info',
      data: {
        title: 'Something happened',
        customer: `c${k}`,
        amount: (n * 91) % 1_000,
        labels: { team: `team-${k}`, env: 'prod', region: 'eu-1' },
        items: [
          { sku: 'a', n: 1 },
          { sku: 'b', n: 2 },
        ],
      },
    };
  });
}
