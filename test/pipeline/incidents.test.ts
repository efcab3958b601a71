import { describe, expect, test } from 'vitest';
import { pagerduty } from '../../lib/channels/pagerduty.ts';
import type { HttpRequest } from '../../lib/channel.ts';
import type { Delivery } from '../../lib/core/delivery.ts';
import type { Incident } from '../../lib/core/incident.ts';
import { keys } from '../../lib/core/keys.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { createIncidents } from '../../lib/stores/incidents.ts';
import {
  LEASE_MS,
  NOW,
  type Rig,
  catalogOf,
  chatChannel,
  destination,
  ok,
  packOf,
  record,
  status,
  useRigs,
} from './rig.ts';

const newRig = useRigs();
const editing = chatChannel({ edits: true });
const pager = chatChannel({ newestOnly: true });

type Status = 'firing' | 'resolved';

/** A message with one delivery that tells of the incident. */
function tell(event: string, seq: number, state: Status = 'firing', more: Partial<Delivery> = {}) {
  const notification = {
    id: event,
    topic: 'alert',
    time: '2026-11-21T10:00:00.000Z',
    title: event,
    text: event,
    status: state,
  };
  const incident: Incident = { id: 'disk', seq };
  return record([], { items: [{ notification, n: 1, since: NOW, incident, ...more }] });
}

const accepted = (body: string): Reply => ({ kind: 'reply', status: 200, headers: {}, body });

interface Shown {
  readonly event: string;
  /** The message that was changed; absent for a new one. */
  readonly changed?: string;
}

/** A provider that numbers its messages; answers what it was sent. */
function provider(rig: Rig, answer: (shown: Shown) => Reply | undefined = () => undefined): Shown[] {
  const shown: Shown[] = [];
  rig.reply = (sent, request: HttpRequest) => {
    const { providerId } = JSON.parse(request.body) as { providerId?: string };
    const one = { event: sent.event, ...(providerId !== undefined && { changed: providerId }) };
    shown.push(one);
    return answer(one) ?? accepted(providerId ?? `m${shown.length}`);
  };
  return shown;
}

async function standing(rig: Rig, event: string): Promise<string> {
  const items = await rig.store.items(rig.store.ledger);
  const { pk, sk } = keys.claim('acme', event, 'ops');
  const item = items.find((one) => one.pk === pk && one.sk === sk);
  return `${String(item?.['state'])}(${String(item?.['reason'])})`;
}

describe('an incident where messages can be changed', () => {
  test('has one message, which says in the end what came last', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig);
    await rig.run([tell('e1', 1)]);
    await rig.run([tell('e2', 2)]);
    await rig.run([tell('e3', 3, 'resolved')]);
    expect(shown).toEqual([{ event: 'e1' }, { event: 'e2', changed: 'm1' }, { event: 'e3', changed: 'm1' }]);
    expect(await Promise.all(['e1', 'e2', 'e3'].map((event) => rig.state(event)))).toEqual(
      Array<string>(3).fill('delivered'),
    );
  });

  test('gets a new one when it begins anew: a change of the old one would be seen by nobody', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig);
    await rig.run([tell('e1', 1)]);
    await rig.run([tell('e2', 2, 'resolved')]);
    await rig.run([tell('e3', 3)]);
    await rig.run([tell('e4', 4, 'resolved')]);
    expect(shown.map(({ changed }) => changed)).toEqual([undefined, 'm1', undefined, 'm3']);
  });

  test('says nothing that is older than what it says', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig);
    await rig.run([tell('e2', 2)]);
    expect(await rig.run([tell('e1', 1)])).toEqual([]);
    expect(shown).toEqual([{ event: 'e2' }]);
    expect(await standing(rig, 'e1')).toBe('discarded(superseded)');
    expect(rig.metrics.get('Discarded')).toBe(1);
  });

  test('changes one at a time: another waits, and uses up no attempt', async () => {
    const rig = await newRig(editing);
    let answered = (): void => {};
    rig.reply = () => new Promise<Reply>((resolve) => (answered = () => resolve(accepted('m1'))));
    const first = rig.run([tell('e1', 1)]);
    await rig.clock.quiet();
    expect(rig.sent).toHaveLength(1);
    const shown = provider(rig);
    const second = rig.run([tell('e2', 2)]);
    expect(await second).toEqual([]);
    answered();
    await first;
    expect(shown).toEqual([]);
    expect(rig.queue.map(packOf).flatMap(({ items }) => items)).toMatchObject([
      { n: 1, incident: { id: 'disk', seq: 2 } },
    ]);
    await rig.drain();
    expect(shown).toEqual([{ event: 'e2', changed: 'm1' }]);
    expect([await rig.state('e1'), await rig.state('e2')]).toEqual(['delivered', 'delivered']);
  });

  test('keeps two of one batch apart, too', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig);
    await rig.run([tell('e1', 1), tell('e2', 1)]);
    await rig.drain();
    expect(shown.map(({ changed }) => changed)).toEqual([undefined, 'm1']);
  });

  test('goes on when whoever told of it fell silent', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig);
    const ref = { tenant: 'acme', destination: 'ops', incident: { id: 'disk', seq: 2 } };
    const turn = { takenBy: 'gone', seq: 2, untilMs: NOW + LEASE_MS };
    await createIncidents(rig.ledger, rig.clock).take(ref, turn, NOW / 1_000 + 1_000);
    rig.clock.ms = NOW + 15_000;
    await rig.run([tell('e3', 3), tell('e1', 1)]);
    await rig.drain();
    // It may have been heard: what is older is no longer told.
    expect(shown).toEqual([{ event: 'e3' }]);
    expect(rig.sent[0]?.atMs).toBeGreaterThanOrEqual(NOW + LEASE_MS);
    expect(await standing(rig, 'e1')).toBe('discarded(superseded)');
  });

  test('gets a new message where the old one is gone, and no attempt is used up', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig, ({ changed }) => (changed === 'm1' ? status(404) : undefined));
    await rig.run([tell('e1', 1)]);
    await rig.run([tell('e2', 2)]);
    await rig.drain();
    await rig.run([tell('e3', 3)]);
    expect(shown).toEqual([
      { event: 'e1' },
      { event: 'e2', changed: 'm1' },
      { event: 'e2' },
      { event: 'e3', changed: 'm3' },
    ]);
    expect(await rig.attempts('e2')).toEqual([]);
    expect(rig.disabled).toEqual([]);
  });

  test('gets a new message where its destination has moved', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig);
    await rig.run([tell('e1', 1)]);
    rig.catalog = catalogOf(destination('ops', { settings: { url: 'https://ops.example/elsewhere' } }));
    await rig.run([tell('e2', 2)]);
    expect(shown.map(({ changed }) => changed)).toEqual([undefined, undefined]);
  });

  test('is told anew when nobody knows whether its first message arrived, and that is on record', async () => {
    const rig = await newRig(editing);
    const silent = { kind: 'failure', started: true, reason: 'timeout', detail: '' } as const;
    const shown = provider(rig, () => (shown.length === 1 ? silent : undefined));
    await rig.run([tell('e1', 1)]);
    await rig.run([tell('e2', 2)]);
    await rig.drain();
    expect(shown).toEqual([{ event: 'e1' }, { event: 'e2' }]);
    expect((await rig.attempts('e1')).map(({ outcome }) => outcome)).toEqual(['maybe']);
    expect(await standing(rig, 'e1')).toBe('discarded(superseded)');
  });

  test('is changed again when nobody knows whether a change arrived', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig, () => (shown.length === 2 ? status(502) : undefined));
    await rig.run([tell('e1', 1)]);
    await rig.run([tell('e2', 2)]);
    await rig.drain();
    expect(shown.map(({ changed }) => changed)).toEqual([undefined, 'm1', 'm1']);
  });

  test('is told of by an older one, where the newer was refused', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig, ({ event }) => (event === 'e2' ? status(400) : undefined));
    await rig.run([tell('e2', 2)]);
    await rig.run([tell('e1', 1)]);
    expect(shown).toEqual([{ event: 'e2' }, { event: 'e1' }]);
    expect([await rig.state('e1'), await rig.state('e2')]).toEqual(['delivered', 'dead']);
  });

  test('waits while nobody knows whose turn it is', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig);
    const take = () => Promise.reject(new Error('no table'));
    const incidents = { ...createIncidents(rig.ledger, rig.clock), take };
    expect(await rig.run([tell('e1', 1)], { incidents })).toEqual([]);
    expect(shown).toEqual([]);
    await rig.drain();
    expect(shown).toEqual([{ event: 'e1' }]);
  });

  test('is told even where the end of a turn cannot be written', async () => {
    const rig = await newRig(editing);
    const shown = provider(rig);
    const leave = () => Promise.reject(new Error('no table'));
    const incidents = { ...createIncidents(rig.ledger, rig.clock), leave };
    expect(await rig.run([tell('e2', 2)], { incidents })).toEqual([]);
    expect(await rig.state('e2')).toBe('delivered');
    await rig.run([tell('e1', 1)]);
    await rig.drain();
    expect(shown).toEqual([{ event: 'e2' }]);
    expect(await standing(rig, 'e1')).toBe('discarded(superseded)');
  });
});

describe('a turn costs', () => {
  const turns = (rig: Rig) => rig.calls.filter((name) => name === 'take' || name === 'leave');

  test.each([
    ['can be changed', editing],
    ['would undo what is newer', pager],
  ])('two calls where a message %s', async (_, channel) => {
    const rig = await newRig(channel);
    provider(rig);
    await rig.run([tell('e1', 1)]);
    expect(turns(rig)).toEqual(['take', 'leave']);
    await rig.run([tell('e0', 0)]);
    expect(turns(rig)).toEqual(['take', 'leave', 'take']);
  });

  test('nothing elsewhere, and nothing without an incident', async () => {
    const rig = await newRig();
    await rig.run([tell('e2', 2)]);
    await rig.run([tell('e1', 1)]);
    expect([rig.sent.length, turns(rig)]).toEqual([2, []]);
    const other = await newRig(editing);
    await other.run([record(['e1', 'e2'])]);
    expect([other.sent.length, turns(other)]).toEqual([2, []]);
  });
});

describe('a page', () => {
  const settings = { routingKey: 'a'.repeat(32) };

  /** What PagerDuty shows of an alert, whose trigger fails at first. */
  async function page(channel: typeof pagerduty) {
    const rig = await newRig(channel);
    rig.catalog = catalogOf({ id: 'ops', channel: 'pagerduty', settings, enabled: true });
    const taken: string[] = [];
    let calls = 0;
    const post: Parameters<Rig['run']>[1] = {
      post: async (request) => {
        const { event_action: action } = JSON.parse((request as HttpRequest).body) as {
          event_action: string;
        };
        if (++calls === 1) return { reply: status(503), ms: 1 };
        taken.push(action);
        return { reply: { ...status(202), body: JSON.stringify({ dedup_key: 'disk' }) }, ms: 1 };
      },
    };
    await rig.run([tell('trigger', 1)], post);
    await rig.run([tell('resolve', 2, 'resolved')], post);
    await rig.drain(undefined, post);
    return { taken, trigger: await standing(rig, 'trigger') };
  }

  test('that was resolved is not opened anew by its trigger, which comes late', async () => {
    expect(await page(pagerduty)).toEqual({ taken: ['resolve'], trigger: 'discarded(superseded)' });
  });

  test('would be opened anew if only the order of arrival counted', async () => {
    const heedless = { ...pagerduty, newestOnly: false };
    const open: typeof pagerduty.open = (raw, options) => ({
      ...pagerduty.open(raw, options),
      channel: heedless,
    });
    expect((await page({ ...heedless, open })).taken).toEqual(['resolve', 'trigger']);
  });

  test('keeps its incident while a retry waits in the due index', async () => {
    const rig = await newRig(chatChannel({ newestOnly: true, retryMs: [3_600_000] }));
    rig.reply = () => status(503);
    await rig.run([tell('e1', 1)]);
    expect(rig.queue).toEqual([]);
    rig.reply = () => ok;
    await rig.run([tell('e2', 2, 'resolved')]);
    rig.clock.ms = NOW + 2 * 3_600_000;
    await rig.runTimers();
    expect(rig.queue.map(packOf).flatMap(({ items }) => items)).toMatchObject([
      { n: 2, incident: { seq: 1 } },
    ]);
    await rig.drain();
    expect(await standing(rig, 'e1')).toBe('discarded(superseded)');
    expect(rig.sent.map(({ event }) => event)).toEqual(['e1', 'e2']);
  });
});
