import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, PATIENT, TEST, driver } from './rig.ts';

const DESTINATIONS = [
  { id: 'slack', channel: 'slack', settings: { webhookUrl: { secret: 'slack/team' } } },
  { id: 'discord', channel: 'discord', settings: { webhookUrl: { secret: 'discord/team' } } },
  { id: 'telegram', channel: 'telegram', settings: { token: { secret: 'telegram/bot' }, chatId: '1000' } },
  {
    id: 'line',
    channel: 'line',
    settings: { accessToken: { secret: 'line/bot' }, to: `U${'0'.repeat(32)}` },
  },
  { id: 'pagerduty', channel: 'pagerduty', settings: { routingKey: { secret: 'pagerduty/service' } } },
  {
    id: 'webhook',
    channel: 'webhook',
    settings: {
      url: '${TWIN_URL}/webhook/team',
      secrets: [{ secret: 'webhook/signing' }],
      secretHeaders: [{ secret: 'webhook/header' }],
    },
  },
];
const CATALOG = JSON.stringify({
  destinations: DESTINATIONS,
  routes: [{ id: 'all', destinations: DESTINATIONS.map(({ id }) => id) }],
});
/** Where the stack on this machine keeps secrets, and what its providers have received. */
const KEEPERS = new Set(['secrets.json', 'state.json', 'twin.jsonl']);

describe('secrets, used and refused by every channel, by providers that repeat them', TEST, () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-secrets-'));
  const lines: unknown[] = [];
  const answers: unknown[] = [];
  let secrets: readonly string[];
  let received: string;

  beforeAll(async () => {
    const catalog = join(dir, 'catalog.json');
    writeFileSync(catalog, CATALOG);
    const view = { ...SILENT_VIEW, line: (_: string, line: unknown) => void lines.push(line) };
    const stack = await startLocalStack({ reuse: true, dir, catalog, view, logLevel: 'debug' });
    const user = driver(stack);
    const byChannel = secretsOf(stack);
    secrets = [...Object.values(byChannel).flat(), stack.apiKey];
    const fine = await user.post('/v1/events', { topic: 'a', data: { title: 'All is well' } });
    await settled(user, fine[0]!, ['delivered']);
    for (const [channel, own] of Object.entries(byChannel))
      await user.behave(channel, { status: 400, body: `no such ${own.join(' ')}` });
    const refused = await user.post('/v1/events', { topic: 'a', data: { title: 'Told to fail' } });
    await settled(user, refused[0]!, ['dead', 'retrying']);
    for (const id of [...fine, ...refused]) answers.push(await user.event(id));
    for (const path of ['/v1/catalog', '/v1/destinations', '/v1/deliveries?state=undelivered', '/v1/queues'])
      answers.push((await user.call('GET', path)).body);
    received = JSON.stringify(await user.inbox());
    await stack.close();
  }, TEST.timeout);
  afterAll(() => rmSync(dir, { recursive: true }));

  /** Of these, the ones that a text holds. */
  const found = (text: string): string[] => secrets.filter((secret) => text.includes(secret));

  test('reach their providers', () => {
    for (const used of secrets.slice(0, 5)) expect(received).toContain(used);
  });

  test('are in no log line and no metric', () => {
    const text = JSON.stringify(lines);
    expect(text).toContain('attempt');
    expect(found(text)).toEqual([]);
  });

  test('are in no answer of the API', () => {
    const text = JSON.stringify(answers);
    expect(text).toContain('no such');
    expect(found(text)).toEqual([]);
  });

  test('are in no table and no queue, as these lie on the disk', () => {
    const files = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !KEEPERS.has(entry.name))
      .map(({ parentPath, name }) => ({ name, text: readFileSync(join(parentPath, name), 'latin1') }));
    expect(files.some(({ text }) => text.includes('Told to fail'))).toBe(true);
    const holding = files.map(({ name, text }) => ({ name, secrets: found(text) }));
    expect(holding.filter((file) => file.secrets.length > 0)).toEqual([]);
  });
});

/** By the channel that knows them: tokens as a whole, of a URL the part that names the hook. */
function secretsOf({ secrets }: LocalStack): Record<string, string[]> {
  // A channel may put the version of the API before it.
  const hookOf = (name: string): string => /\/(?:services|webhooks)\/.*/.exec(secrets[name]!)![0];
  return {
    slack: [hookOf('slack/team')],
    discord: [hookOf('discord/team')],
    telegram: [secrets['telegram/bot']!],
    line: [secrets['line/bot']!],
    pagerduty: [secrets['pagerduty/service']!],
    webhook: [secrets['webhook/signing']!, secrets['webhook/header']!],
  };
}

async function settled(user: Driver, id: string, states: readonly string[]): Promise<void> {
  await vi.waitUntil(async () => {
    const { deliveries } = await user.event(id);
    return (
      deliveries.length === DESTINATIONS.length && deliveries.every(({ state }) => states.includes(state))
    );
  }, PATIENT);
}
