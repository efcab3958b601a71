import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rig, startManage } from '../functions/manage-rig.ts';
import { readDocument } from '../docs.ts';
import { rowsBelow } from './table.ts';
import { AFTER, BEFORE, HOOK, worldOn } from './why-cases.ts';

interface Answer {
  readonly summary: string;
  readonly recorded?: { readonly summary: string; readonly deliveries: readonly Delivery[] };
  readonly routes: readonly object[];
  readonly deliveries: readonly Delivery[];
}
type Delivery = { readonly destination: string };

const page = readDocument('docs/why.md');
let rig: Rig;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());

/** Asks a question of a page, in a tenant where it is so. */
async function ask(question: string, cases: typeof BEFORE): Promise<Answer> {
  const tenant = `why${count++}`;
  const key = await rig.newKey(tenant);
  const world = worldOn(rig, tenant, key);
  await world.put('destinations/ops', HOOK);
  const body = await cases[question]!(world);
  const answer = await rig.ask('POST /v1/explain', { key, body });
  expect(answer.status).toBe(200);
  return answer.body as Answer;
}

/** `state: held, by: works` as it stands in the delivery, else in what stands around it. */
function fieldsOf(names: string, ...places: readonly object[]): string {
  const all: Record<string, unknown> = Object.assign({}, ...places);
  return names
    .split(', ')
    .map((pair) => pair.split(': ')[0]!)
    .map((name) => `${name}: ${textOf(all[name])}`)
    .join(', ');
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

describe('the page that answers why', () => {
  test.each([
    ['Before it is posted', BEFORE],
    ['After it was posted', AFTER],
  ] as const)('has a row for each question, and each can be asked: %s', (heading, cases) => {
    expect(rowsBelow(page, heading).map(([question]) => question)).toEqual(Object.keys(cases));
  });

  test.each(rowsBelow(page, 'Before it is posted'))(
    '%s %s',
    async (question = '', says = '', fields = '') => {
      const { routes, deliveries, ...answer } = await ask(question, BEFORE);
      expect(answer.summary).toBe(says);
      expect(fieldsOf(fields, ...routes.slice(0, 1), answer, ...deliveries.slice(0, 1))).toBe(fields);
    },
  );

  test.each(rowsBelow(page, 'After it was posted'))(
    '%s %s',
    async (question = '', says = '', fields = '') => {
      const { recorded, summary, deliveries } = await ask(question, AFTER);
      expect(recorded?.summary ?? summary).toBe(says);
      const own = recorded?.deliveries ?? deliveries;
      expect(fieldsOf(fields, recorded ?? {}, ...own.slice(0, 1))).toBe(fields);
    },
  );
});
