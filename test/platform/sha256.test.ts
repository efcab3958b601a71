import { createHash, createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sha256 } from '../../lib/platform/sha256.ts';

const hex = async (hash: Sha256): Promise<string> => Buffer.from(await hash.digest()).toString('hex');
const pieces = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()), { maxLength: 3 });
const key = fc.oneof(fc.string({ minLength: 1 }), fc.uint8Array({ minLength: 1, maxLength: 100 }));

test('hashes like Node, whatever pieces the text comes in', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, async (parts) => {
      const [ours, nodes] = [new Sha256(), createHash('sha256')];
      for (const part of parts) {
        ours.update(part);
        nodes.update(part);
      }
      expect(await hex(ours)).toBe(nodes.digest('hex'));
    }),
  );
});

test('signs like Node with whatever keys come by turns', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 3 }), fc.string(), async (secrets, text) => {
      for (const secret of [...secrets, ...secrets]) {
        const ours = new Sha256(secret);
        ours.update(text);
        expect(await hex(ours)).toBe(createHmac('sha256', secret).update(text).digest('hex'));
      }
    }),
  );
});

test('forgets what it was given', async () => {
  const hash = new Sha256();
  hash.update('a');
  hash.reset();
  expect(await hex(hash)).toBe(createHash('sha256').digest('hex'));
});
