import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, type Completion, coversDelivery, judge, refText } from '../../lib/core/claim.ts';
import { STATES, type State, isTerminal } from '../../lib/core/delivery.ts';

const NOW = 1_000_000;
const ME = 'me';

const claim = (more: Partial<Claim> = {}): Claim => ({
  owner: 'other',
  k: 0,
  i: 3,
  attempt: 2,
  takeovers: 0,
  leaseUntil: NOW + 1,
  state: 'sending',
  ttl: NOW,
  ...more,
});

const lapsed = (more: Partial<Claim> = {}): Claim => claim({ leaseUntil: NOW, ...more });

const verdict = (
  seen: Claim | undefined,
  n: number,
  {
    alone = false,
    once = false,
    completion,
  }: { alone?: boolean; once?: boolean; completion?: Completion } = {},
) => {
  const { kind, ...rest } = judge({ n, alone, once, owner: ME }, seen, completion, NOW);
  return 'why' in rest ? rest.why : kind;
};

describe('what message n may do', () => {
  const active: readonly State[] = ['pending', 'retrying'];
  const terminal = STATES.filter(isTerminal);

  test('is nothing where it must not be sent twice and its owner fell silent, however often before', () => {
    for (const takeovers of [0, 1, 2])
      expect(verdict(lapsed({ takeovers }), 2, { once: true })).toBe('ambiguous');
    expect(verdict(claim(), 2, { once: true })).toBe('wait');
    expect(verdict(lapsed({ owner: ME }), 2, { once: true })).toBe('mine');
    expect(verdict(lapsed(), 1, { once: true })).toBe('stale');
  });

  test('claims a delivery nobody has claimed, whatever n says', () => {
    expect(verdict(undefined, 1)).toBe('insert');
    expect(verdict(undefined, 4)).toBe('insert');
  });

  test.each(STATES)('replaces a claim past its time to live (%s)', (state) => {
    expect(verdict(claim({ state, ttl: NOW / 1000 - 1 }), 1)).toBe('replace');
  });

  test.each(terminal)('acknowledges what is %s', (state) => {
    for (const n of [1, 2, 3, 4]) expect(verdict(lapsed({ state }), n)).toBe('finished');
  });

  test.each(active.flatMap((state) => [1, 2, 3, 4].map((n) => [state, n] as const)))(
    'claims the next attempt after one that is over (%s at 2), message %i',
    (state, n) => {
      expect(verdict(claim({ state }), n)).toBe(n === 3 ? 'advance' : 'stale');
    },
  );

  test.each([1, 2, 3, 4])('leaves what is held to whatever holds it, message %i', (n) => {
    expect(verdict(claim({ state: 'held' }), n)).toBe('stale');
  });

  test.each([
    [1, 'live', 'stale'],
    [2, 'live', 'wait'],
    [3, 'live', 'wait'],
    [4, 'live', 'stale'],
    [1, 'lapsed', 'stale'],
    [2, 'lapsed', 'takeOver'],
    [3, 'lapsed', 'takeOver'],
    [4, 'lapsed', 'stale'],
  ])('message %i against a %s claim on attempt 2: %s', (n, lease, expected) => {
    expect(verdict(lease === 'live' ? claim() : lapsed(), n)).toBe(expected);
  });

  test('waits until the lease is over, to the millisecond', () => {
    expect(judge({ n: 2, alone: false, owner: ME }, claim({ leaseUntil: NOW + 7 }), undefined, NOW)).toEqual({
      kind: 'wait',
      untilMs: NOW + 7,
    });
    expect(verdict(claim({ leaseUntil: NOW }), 2)).toBe('takeOver');
  });

  test('knows its own claim after a lost reply, even when it lapsed', () => {
    expect(verdict(claim({ owner: ME }), 2)).toBe('mine');
    expect(verdict(lapsed({ owner: ME }), 2)).toBe('mine');
  });

  test.each([
    [0, false, 'takeOver'],
    [0, true, 'takeOver'],
    [1, false, 'isolate'],
    [1, true, 'takeOver'],
    [2, false, 'poison'],
    [2, true, 'poison'],
    [3, true, 'poison'],
  ])('after %i take-overs, alone %s: %s', (takeovers, alone, expected) => {
    expect(verdict(lapsed({ takeovers }), 2, { alone })).toBe(expected);
  });

  test('believes the completion record, lapsed or not', () => {
    const completion = { n: 1, notDelivered: [0, 1, 2] };
    expect(verdict(claim(), 2, { completion })).toBe('finished');
    expect(verdict(lapsed({ takeovers: 2 }), 3, { completion })).toBe('finished');
    expect(verdict(lapsed(), 2, { completion: { n: 1, notDelivered: [3] } })).toBe('takeOver');
  });

  test('a completion record says nothing about a claim that is not being sent', () => {
    expect(verdict(claim({ state: 'retrying' }), 3, { completion: { n: 1, notDelivered: [] } })).toBe(
      'advance',
    );
  });
});

describe('every claim and message', () => {
  const claims = fc.record({
    owner: fc.constantFrom(ME, 'other'),
    k: fc.nat(3),
    i: fc.nat(9),
    attempt: fc.nat(5),
    takeovers: fc.nat(4),
    leaseUntil: fc.integer({ min: NOW - 5, max: NOW + 5 }),
    state: fc.constantFrom(...STATES),
    ttl: fc.constantFrom(0, NOW),
  });
  const messages = fc.record({
    n: fc.integer({ min: 1, max: 6 }),
    alone: fc.boolean(),
    owner: fc.constant(ME),
  });

  test('never sends twice under one live lease, nor anything that is over', () => {
    fc.assert(
      fc.property(claims, messages, (seen, message) => {
        const { kind } = judge(message, seen, undefined, NOW);
        const maySend = ['insert', 'replace', 'advance', 'takeOver', 'mine'].includes(kind);
        const inOtherHands = seen.state === 'sending' && seen.leaseUntil > NOW && seen.owner !== ME;
        const itsTurn = seen.attempt === message.n || seen.attempt === message.n - 1;
        const allowed = !isTerminal(seen.state) && !inOtherHands && itsTurn;
        expect(maySend && seen.ttl !== 0 && !allowed).toBe(false);
        expect(kind === 'replace').toBe(seen.ttl === 0);
      }),
    );
  });

  test('is somebody’s duty: what is acknowledged unfinished is carried on by another message', () => {
    fc.assert(
      fc.property(claims, messages, (seen, message) => {
        const judgement = judge(message, seen, undefined, NOW);
        if (judgement.kind !== 'acknowledge' || judgement.why === 'finished') return;
        // The timers find it in the index that it is held in.
        if (seen.state === 'held') return;
        const next = seen.state === 'sending' ? seen.attempt : seen.attempt + 1;
        const carrier = judge({ ...message, n: Math.max(1, next) }, seen, undefined, NOW);
        expect(carrier.kind).not.toBe('acknowledge');
      }),
    );
  });
});

test('a completion covers the deliveries it does not list as undelivered', () => {
  expect(coversDelivery(undefined, { i: 0 })).toBe(false);
  expect(coversDelivery({ n: 1, notDelivered: [1] }, { i: 0 })).toBe(true);
  expect(coversDelivery({ n: 1, notDelivered: [1] }, { i: 1 })).toBe(false);
});

test('a delivery’s text names tenant, event and destination', () => {
  expect(refText({ tenant: 'acme', event: 'e1', destination: 'ops' })).toBe('acme#e1:ops');
});
