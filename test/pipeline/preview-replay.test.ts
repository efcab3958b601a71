import { expect, test } from 'vitest';
import { type PreviewDeps, previewReplay } from '../../lib/pipeline/manage/preview-replay.ts';
import { chatChannel } from './rig.ts';

const ops = {
  kind: 'destination',
  id: 'ops',
  etag: 'e',
  body: { channel: 'chat', enabled: true, settings: {} },
} as const;
const TO = '2026-11-21T10:00:00Z';

/** A tenant with more than anybody can count, where a page takes its time. */
function endless(pageMs: number, perPage: number) {
  const clock = { ms: 0, pages: 0 };
  const page = async () => {
    clock.ms += pageMs;
    const next = String(++clock.pages);
    const ref = { tenant: 'acme', event: next, destination: 'ops' };
    const one = { ref, to: ['ops'], listed: ['ops'], position: next };
    return { candidates: Array.from({ length: perPage }, () => one), next, isLast: false };
  };
  const deps: PreviewDeps = {
    pages: { dead: page, events: page, ambiguous: async () => 0 },
    entries: { list: async (_, kind) => (kind === 'destination' ? [ops] : []) },
    channels: new Map([['chat', chatChannel()]]),
    now: () => clock.ms,
  };
  return { clock, deps };
}

test.each([
  ['dead deliveries', { state: 'dead', to: TO } as const],
  ['past events', { topic: 'a', from: '2026-11-01T00:00:00Z', to: TO }],
])('a preview of %s ends in time, and says that there is more', async (_, filter) => {
  const slow = endless(4_000, 7);
  expect(await previewReplay('acme', filter, slow.deps)).toMatchObject({ count: 21, complete: false });
  expect(slow.clock.ms).toBe(12_000);
  const fast = endless(1, 1_000);
  expect(await previewReplay('acme', filter, fast.deps)).toMatchObject({ count: 10_000, complete: false });
});
