import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AlreadyRunning, claimInstance } from '../../../cdk/local/instance.ts';
import { readSecrets, readState, writeState } from '../../../cdk/local/local-state.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-instance-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const claimOf = (pid: number, began: string) =>
  writeFileSync(join(dir, 'running.json'), JSON.stringify({ pid, began }));

test('a folder that a living process uses is refused, naming the process', () => {
  const began = readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '';
  claimOf(process.ppid, began);

  expect(() => claimInstance(dir)).toThrow(AlreadyRunning);
  expect(() => claimInstance(dir)).toThrow(String(process.ppid));
});

test.each([
  ['that has ended', 2 ** 22 + 1, ''],
  ['whose id another process has now', process.ppid, '1'],
])('the claim of a process %s is taken over, with what it left', (_, pid, began) => {
  claimOf(pid, began);
  writeFileSync(join(dir, 'local.json'), '{}');

  const instance = claimInstance(dir);

  expect(existsSync(join(dir, 'local.json'))).toBe(false);
  instance.release();
  expect(existsSync(join(dir, 'running.json'))).toBe(false);
});

test('the API key stays the same from start to start', () => {
  const first = readState(dir);
  writeState(dir, first);

  expect(first.apiKey).toMatch(/^fan_local_/);
  expect(readState(dir)).toEqual(first);
});

test('secrets follow the twin to its new ports, and the others stay', () => {
  const file = join(dir, 'secrets.json');
  const before = { twinUrl: 'http://127.0.0.1:1', smtpUrl: 'smtp://127.0.0.1:2' };
  const now = { twinUrl: 'http://127.0.0.1:3', smtpUrl: 'smtp://127.0.0.1:4' };
  expect(readSecrets(file, {}, now)).toEqual({});
  writeFileSync(
    file,
    JSON.stringify({ hook: `${before.twinUrl}/slack/x`, mail: before.smtpUrl, key: 'whsec_1' }),
  );

  expect(readSecrets(file, before, now)).toEqual({
    hook: `${now.twinUrl}/slack/x`,
    mail: now.smtpUrl,
    key: 'whsec_1',
  });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ mail: now.smtpUrl });
});
