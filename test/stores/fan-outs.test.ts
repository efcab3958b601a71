import { expect, test } from 'vitest';
import type { FanOut } from '../../lib/core/fan-out.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { NOW, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 1_000;
let count = 0;

const planned = (lists: Readonly<Record<string, readonly string[]>>): FanOut => ({
  tenant: 'acme',
  topic: 'orders.paid',
  hour: '2026-11-21T10',
  pack: `p${count++}`,
  destinations: new Map(Object.entries(lists)),
});

describeOnEngines('fan-out records', (store) => {
  const fanOuts = () => createFanOuts(store().ledger, store());

  test('are read as they were written', async () => {
    const lists = { e1: ['ops', 'dev'], e2: [], e3: ['ops', 'dev'] };
    // An event may have any id of its alphabet, this one too.
    const destinations = new Map([...Object.entries(lists), ['__proto__', ['ops']] as const]);
    const exact: FanOut = { ...planned({}), destinations };
    expect(await fanOuts().record([exact], () => TTL)).toEqual([exact]);
    expect(await fanOuts().read([exact, { ...exact, pack: 'other' }])).toEqual([exact, undefined]);
  });

  test('are open until their counts are known, and closed once', async () => {
    const first = planned({ e1: ['ops', 'dev'] });
    const open: FanOut = { ...first, uncounted: true };
    expect(await fanOuts().open([first], () => TTL)).toEqual([open]);
    const held = new Map([['e1', ['ops']]]);
    const other: FanOut = { ...first, destinations: new Map([['e1', ['boss']]]), held, mode: 'atMostOnce' };
    expect(await fanOuts().open([other], () => TTL)).toEqual([open]);
    expect(await fanOuts().read([first])).toEqual([open]);
    const suppressed = new Map([['e1', [{ destinations: ['dev'], by: ['duplicate:topic:all'] }]]]);
    const counted: FanOut = { ...open, destinations: new Map([['e1', ['ops']]]), suppressed };
    const closed = { ...first, destinations: counted.destinations, suppressed };
    expect(await fanOuts().record([counted], () => TTL)).toEqual([closed]);
    expect(await fanOuts().record([{ ...open }], () => TTL)).toEqual([closed]);
    expect(await fanOuts().open([other], () => TTL)).toEqual([closed]);
    expect(await fanOuts().read([first])).toEqual([closed]);
  });

  test('are closed as they are listed by who counts nothing', async () => {
    const [first, second] = [planned({ e1: ['ops'] }), planned({ e2: ['ops'] })];
    await fanOuts().open([first], () => TTL);
    const other: FanOut = { ...first, destinations: new Map([['e1', ['dev']]]) };
    expect(await fanOuts().record([other, second], () => TTL)).toEqual([first, second]);
    const late: FanOut = { ...other, uncounted: true };
    expect(await fanOuts().record([late], () => TTL)).toEqual([first]);
  });

  test('keep who was kept from what, and why', async () => {
    const destinations = new Map([
      ['e1', ['ops']],
      ['e2', []],
      ['e3', ['ops']],
    ]);
    const suppressed = new Map([
      ['e1', [{ destinations: ['dev'], by: ['silenced:a', 'silenced:b'] }]],
      [
        'e2',
        [
          { destinations: ['ops', 'dev'], by: ['silenced:route:night'] },
          { destinations: ['boss'], by: ['duplicate:orders'] },
        ],
      ],
    ]);
    const exact: FanOut = { ...planned({}), destinations, suppressed };
    expect(await fanOuts().record([exact], () => TTL)).toEqual([exact]);
    expect(await fanOuts().read([exact])).toEqual([exact]);
  });

  test('keep who hears of what when a window closes', async () => {
    const destinations = new Map([
      ['e1', ['ops']],
      ['e2', []],
    ]);
    const held = new Map([['e2', ['dev', 'boss']]]);
    const suppressed = new Map([['e2', [{ destinations: ['ops'], by: ['silenced:a'] }]]]);
    const exact: FanOut = { ...planned({}), destinations, held, suppressed };
    expect(await fanOuts().record([exact], () => TTL)).toEqual([exact]);
    expect(await fanOuts().read([exact])).toEqual([exact]);
  });

  test('fit into an item, however many events go to however many places, each to others', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `${n}`.padStart(63, 'd'));
    const lists = Array.from({ length: 1_000 }, (_, n): [string, string[]] => {
      const turned = [...names.slice(n % 100), ...names.slice(0, n % 100)];
      return [`${n}`.padStart(128, 'e'), n < 100 ? turned : turned.with(0, turned[n % 99]!).toReversed()];
    });
    const rules = Array.from({ length: 6 }, (_, n) => `silenced:${`${n}`.padStart(63, 's')}`);
    const half = (list: readonly string[]) => [
      { destinations: list.slice(50, 75), by: rules.slice(0, 3) },
      { destinations: list.slice(75), by: rules.slice(3) },
    ];
    const large: FanOut = {
      ...planned({}),
      destinations: new Map([...lists.map(([id, list]) => [id, list.slice(0, 50)] as const), ['none', []]]),
      suppressed: new Map(lists.map(([id, list]) => [id, half(list)])),
    };
    expect(await fanOuts().record([large], () => TTL)).toEqual([large]);
    // In their order: that is what the cursor of a pack counts.
    expect(await fanOuts().read([large])).toEqual([large]);
    const item = (await store().items(store().ledger)).find(({ sk }) => sk === large.pack);
    expect(JSON.stringify(item).length).toBeLessThan(380_000);
  });

  test('that are too long for an item are kept in parts, and the first one stands', async () => {
    const base = planned({});
    const large = (mark: string): FanOut => {
      const lists = Array.from({ length: 10 }, (_, event): [string, string[]] => [
        `e${event}`,
        Array.from({ length: 1_000 }, (__, n) => `${mark}${event}-${n}`.padEnd(63, 'x') + '.mail'),
      ]);
      return { ...base, destinations: new Map(lists) };
    };
    const first = large('a');
    const small = planned({ e1: ['ops'] });
    expect(await fanOuts().record([first, small], () => TTL)).toEqual([first, small]);
    expect(await fanOuts().record([large('b')], () => TTL)).toEqual([first]);
    expect(await fanOuts().read([small, first])).toEqual([small, first]);
    const sizes = (await store().items(store().ledger)).map((item) => JSON.stringify(item).length);
    expect(Math.max(...sizes)).toBeLessThan(390_000);
  });

  test('the first one stands, and is answered to whoever comes later', async () => {
    const first = planned({ e1: ['ops'] });
    await fanOuts().record([first], () => TTL);
    const later: FanOut = { ...first, destinations: new Map([['e1', ['dev']]]) };
    const fresh = planned({ e2: ['dev'] });
    expect(await fanOuts().record([later, fresh], () => TTL)).toEqual([first, fresh]);
    expect(await fanOuts().read([first])).toEqual([first]);
  });

  test('one pack twice in a batch is one record', async () => {
    const one = planned({ e1: ['ops'] });
    expect(await fanOuts().record([one, one], () => TTL)).toEqual([one, one]);
  });

  test('of many workers that decide differently, all end up with the same', async () => {
    const base = planned({});
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        fanOuts().record([{ ...base, destinations: new Map([['e1', [`d${n}`]]]) }], () => TTL),
      ),
    );
    expect(new Set(results.map(([one]) => one?.destinations.get('e1')?.join())).size).toBe(1);
  });

  test('are not known when the table does not answer', async () => {
    const lost = createFanOuts({ ...store().ledger, name: 'no-such-table' }, store());
    expect(await lost.record([planned({ e1: ['ops'] })], () => TTL)).toEqual([undefined]);
  });
});
