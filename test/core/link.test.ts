import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Link, linkToken, openLink, tenantOfLink } from '../../lib/core/link.ts';

const NOW = Date.UTC(2026, 10, 27, 3);
const KEY = Buffer.alloc(32, 7).toString('base64url');
const OTHER_KEY = Buffer.alloc(32, 8).toString('base64url');

const link: Link = {
  purpose: 'unsubscribe',
  tenant: 'acme',
  event: 'e_1-x',
  destination: 'alice.mail',
  expiresAt: NOW / 1_000 + 60,
  topics: ['news.weekly', 'ads.*'],
};
const token = linkToken(link, KEY);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'.split('');

describe('the token of a link', () => {
  test('says what it is bound to, and stands in a path as it is', () => {
    expect(tenantOfLink(token)).toBe('acme');
    expect(openLink(token, KEY, NOW)).toEqual({ kind: 'open', link });
    expect(encodeURIComponent(token)).toBe(token);
  });

  test.each<[string, Partial<Link>]>([
    ['purpose', { purpose: 'acknowledge' }],
    ['tenant', { tenant: 'other' }],
    ['event', { event: 'e_2' }],
    ['destination', { destination: 'bob.mail' }],
    ['end', { expiresAt: link.expiresAt + 1 }],
    ['topics', { topics: ['news.weekly'] }],
  ])('is another one for another %s', (_, other) => {
    const [body] = token.split('.');
    const [otherBody, otherTag] = linkToken({ ...link, ...other }, KEY).split('.');
    expect(otherBody).not.toBe(body);
    expect(openLink(`${body}.${otherTag}`, KEY, NOW)).toBeUndefined();
  });

  test('ends at its time, which only its key can say', () => {
    const lastMs = link.expiresAt * 1_000 - 1;
    expect(openLink(token, KEY, lastMs)).toMatchObject({ kind: 'open' });
    expect(openLink(token, KEY, lastMs + 1)).toEqual({ kind: 'expired' });
    expect(openLink(token, OTHER_KEY, lastMs + 1)).toBeUndefined();
  });

  test.each([
    [''],
    ['.'],
    [token.slice(0, -1)],
    [`${token}A`],
    [` ${token}`],
    [`${token}\n`],
    [token.replace('.', '..')],
    [token.split('.')[0] ?? ''],
    [`${'A'.repeat(1_501)}.${'A'.repeat(22)}`],
    [`${Buffer.from('x~acme').toString('base64url')}.${'A'.repeat(22)}`],
    ['ä.ä'],
  ])('is nothing when it reads %j', (text) => {
    expect(openLink(text, KEY, NOW)).toBeUndefined();
  });

  test('is refused with any character changed', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...ALPHABET), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        expect(openLink(changed, KEY, NOW) === undefined).toBe(changed !== token);
      }),
    );
  });

  test('is refused by any other key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const key = Buffer.from(bytes).toString('base64url');
        expect(openLink(token, key, NOW) === undefined).toBe(key !== KEY);
      }),
    );
  });

  test('says the same again, whatever it is bound to', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/);
    const links = fc.record<Link>({
      purpose: fc.constantFrom('acknowledge', 'unsubscribe'),
      tenant: name,
      event: fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/),
      destination: fc.tuple(name, name).map((names) => names.join('.')),
      expiresAt: fc.integer({ min: NOW / 1_000 + 1, max: NOW / 1_000 + 10 ** 8 }),
      topics: fc.array(fc.stringMatching(/^[A-Za-z0-9_]{1,20}(\.[A-Za-z0-9_]{1,20}){0,3}(\.\*)?$/), {
        maxLength: 5,
      }),
    });
    fc.assert(
      fc.property(links, (one) => {
        expect(openLink(linkToken(one, KEY), KEY, NOW)).toEqual({ kind: 'open', link: one });
      }),
    );
  });

  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.stringMatching(/^[A-Za-z0-9_-]{1,50}\.[A-Za-z0-9_-]{22}$/),
        ),
        (text) => {
          tenantOfLink(text);
          expect(openLink(text, KEY, NOW)).toBeUndefined();
        },
      ),
    );
  });
});
