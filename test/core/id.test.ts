import { expect, test } from 'vitest';
import { EVENT_ID } from '../../lib/core/event.ts';
import { toId } from '../../lib/core/id.ts';

test('an id begins with a letter, whatever it is made of, and keeps the rest', () => {
  const ids = Array.from({ length: 256 }, (_, first) => toId(Uint8Array.of(first, 255, 255)));
  for (const id of ids) {
    expect(id).toMatch(/^[A-Za-z]/);
    expect(id).toMatch(EVENT_ID);
  }
  expect(new Set(ids).size).toBe(128);
});
