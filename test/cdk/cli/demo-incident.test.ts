import { expect, test } from 'vitest';
import { demoIncident } from '../../../cdk/cli/demo-incident.ts';
import { testTerminal } from './test-terminal.ts';

test('thirty alerts of a night become one message, one page and one digest', async () => {
  const terminal = testTerminal('/nowhere');
  expect(await demoIncident(terminal)).toBe(0);
  const told = terminal.said.filter((line) => /^\d\d:\d\d:\d\d {6}/.test(line)).map((line) => line.slice(14));
  expect(told).toEqual([
    'incidents  posts     🔴 [FIRING:10] DatabaseSlow',
    'incidents  edits     🔴 [FIRING:20] DatabaseSlow',
    'incidents  edits     🔴 [FIRING:30] DatabaseSlow',
    'on-call    pages     Not acknowledged: [FIRING:10] DatabaseSlow',
    'incidents  edits     🔴 [FIRING:15 RESOLVED:15] DatabaseSlow',
    'incidents  edits     ✅ [RESOLVED:15] DatabaseSlow',
    'on-call    resolves  [RESOLVED:15] DatabaseSlow',
    'jane       mails     [ERROR] 60 notifications: held during quiet hours',
  ]);
  expect(terminal.said.find((line) => line.includes('mails'))).toMatch(/^06:00/);
});
