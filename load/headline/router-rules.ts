import { type Rule, rulesOf } from '../bench/rules.ts';
import { DESTINATIONS } from './work.ts';

const RULES = 100;

/** What three of the hundred rules ask, which every event of the run answers. */
const ASKED = [
  { match: { topic: ['orders.paid'] }, fact: 'topic', operator: 'equal', value: 'orders.paid' },
  { match: { severity: ['info'] }, fact: 'severity', operator: 'equal', value: 'info' },
  { match: { source: [{ prefix: 'shop-' }] }, fact: 'source', operator: 'startsWith', value: 'shop-' },
] as const;

/** A hundred rules of the usual kinds in the languages of both stacks; three of them want every event. */
export function routerRules(): Pick<Rule, 'route' | 'engine'>[] {
  const wanting = ASKED.map(({ match, ...condition }, n) => {
    const destination = DESTINATIONS[n]!;
    const id = `wants-${destination}`;
    return {
      route: { id, order: n, match, destinations: [destination], continue: true },
      engine: { name: id, conditions: { all: [condition] }, event: { type: destination } },
    };
  });
  return [...wanting, ...rulesOf(RULES - wanting.length)];
}
