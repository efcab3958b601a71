import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openCursor, sealCursor } from '../../lib/core/cursor.ts';

const seal = { key: 'k', tenant: 'acme', list: 'deliveries:dead' };

describe('cursors', () => {
  test('any position comes back from its own cursor', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => text !== '' && text.isWellFormed()),
        (position) => {
          expect(openCursor(sealCursor(position, seal), seal)).toBe(position);
        },
      ),
    );
  });

  test.each([
    ['key', { ...seal, key: 'other' }],
    ['tenant', { ...seal, tenant: 'other' }],
    ['list', { ...seal, list: 'deliveries:held' }],
  ])('a cursor does not open for another %s', (_, other) => {
    expect(openCursor(sealCursor('position', seal), other)).toBeUndefined();
  });

  test('a cursor whose position or tag was changed does not open', () => {
    const [body = '', tag = ''] = sealCursor('position', seal).split('.');
    const forged = Buffer.from('Position').toString('base64url');
    for (const cursor of [
      `${forged}.${tag}`,
      `${body}.${tag.slice(1)}`,
      `${body}.`,
      body,
      `${body}.${tag}.x`,
      '',
      '.',
    ]) {
      expect(openCursor(cursor, seal)).toBeUndefined();
    }
  });
});
