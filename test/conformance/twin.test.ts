import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTwin, type Twin } from '../../cdk/local/twin/twin.ts';
import type { HttpRequest, Target } from '../../lib/channel.ts';
import { isSecretRef } from '../../lib/core/catalog.ts';
import { registry } from '../../lib/registry.ts';
import { resolveSettings } from '../../lib/settings.ts';
import { ATTEMPT, NOTIFICATION, SAMPLES, type Sample } from './samples.ts';

/** Values as the local stack makes them up, so that any catalog runs against the twin. */
function openLocally({ channel: name, settings }: Sample, twin: Twin): Target {
  const channel = registry.get(name);
  if (!channel) throw new Error(`no channel ${name}`);
  const values = Object.entries(settings).flatMap(([field, value]) =>
    [value]
      .flat()
      .filter(isSecretRef)
      .map(({ secret }) => {
        return [secret, channel.fields[field]?.local?.(twin.url, secret, twin.smtpUrl) ?? ''] as const;
      }),
  );
  const rules = { localHosts: [new URL(twin.url).host] };
  const resolved = resolveSettings(
    channel,
    { ...settings, ...(name === 'webhook' && { url: `${twin.url}/webhook/mine` }) },
    new Map(values),
    rules,
  );
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
  return channel.open(resolved.settings, { tenant: 't', destination: 'd' });
}

const NOWHERE: Twin = {
  url: 'http://127.0.0.1:1',
  smtpUrl: 'smtp://127.0.0.1:1',
  close: async () => undefined,
};

async function post({ url, method, headers, body }: HttpRequest, target: Target) {
  const answer = await fetch(url, { method, headers, body });
  const text = await answer.text();
  const received = Object.fromEntries(answer.headers);
  const reply = { kind: 'reply', status: answer.status, headers: received, body: text } as const;
  return { outcome: target.outcome(reply, Date.now()), text, reply };
}

describe('the twin of the providers', () => {
  let twin: Twin;
  beforeAll(async () => {
    twin = await startTwin({ port: 0, quiet: true });
  });
  afterAll(() => twin.close());

  const long = {
    ...NOTIFICATION,
    title: 'T & <T> '.repeat(200),
    text: 'line & <line> `*_~ 👍 é\n'.repeat(2_500),
  };

  test.each(SAMPLES)('takes what $name sends, short and long', async (sample) => {
    const target = openLocally(sample, twin);
    for (const notification of [NOTIFICATION, long]) {
      const attempt = { ...ATTEMPT, wireId: `msg_${notification.title.length}` };
      const request = target.request(notification, attempt);
      if (request.transport !== 'http') continue;
      expect(new URL(request.url).origin).toBe(twin.url);
      const { outcome, text } = await post(request, target);
      expect([outcome, text]).toMatchObject([{ kind: 'delivered' }, text]);
    }
  });

  const accepted = async (channel: string) =>
    ((await (await fetch(`${twin.url}/inbox.json?verdict=accepted&channel=${channel}`)).json()) as object[])
      .length;
  const alerts = async () => ((await (await fetch(`${twin.url}/alerts.json`)).json()) as object[]).length;
  const KEYED = { line: () => accepted('line'), pagerduty: alerts };

  test.each(Object.entries(KEYED))('makes one of what %s sends twice under its key', async (name, count) => {
    const target = openLocally(
      SAMPLES.find(({ channel }) => channel === name)!,
      twin,
    );
    const before = await count();
    const outcomes = [];
    for (const n of [1, 2]) {
      const request = target.request(NOTIFICATION, { ...ATTEMPT, wireId: 'msg_in_doubt', n });
      if (request.transport === 'http') outcomes.push((await post(request, target)).outcome);
    }
    expect(outcomes[0]).toMatchObject({ kind: 'delivered', providerId: expect.any(String) });
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(await count()).toBe(before + 1);
  });

  test.each(SAMPLES.filter((sample) => openLocally(sample, NOWHERE).edit))(
    'changes what $name has sent, and says when it is gone',
    async (sample) => {
      const target = openLocally(sample, twin);
      const { request, isLost } = target.edit!;
      const first = await post(target.request(NOTIFICATION, ATTEMPT) as HttpRequest, target);
      if (first.outcome.kind !== 'delivered') throw new Error(first.text);
      const sent = { ...ATTEMPT, providerId: first.outcome.providerId! };
      const change = (text: string) => post(request({ ...NOTIFICATION, text }, sent) as HttpRequest, target);
      const second = await change('It is over.');
      expect([second.outcome, isLost(second.reply)]).toMatchObject([{ kind: 'delivered' }, false]);
      // Once more, when nobody knows whether the first change arrived.
      expect((await change('It is over.')).outcome).toMatchObject({ kind: 'delivered' });

      const entries = (await (await fetch(`${twin.url}/inbox.json?channel=${sample.channel}`)).json()) as {
        edits?: { body: object }[];
      }[];
      const shown = entries.findLast(({ edits }) => edits)?.edits?.at(-1)?.body;
      expect(JSON.stringify(shown)).toContain('It is over.');

      await fetch(`${twin.url}/inbox.json`, { method: 'DELETE' });
      expect(isLost((await change('It is over, really.')).reply)).toBe(true);
    },
  );

  test.each(SAMPLES.filter(({ settings }) => settings['handshakeOrigin']))(
    'consents when $name asks',
    async (sample) => {
      const { request, read } = openLocally(sample, twin).handshake!;
      const { url, method, headers } = request;
      const answer = await fetch(url, { method, headers });
      const reply = { kind: 'reply', status: answer.status, body: '' } as const;
      expect(read({ ...reply, headers: Object.fromEntries(answer.headers) })).toMatchObject({
        granted: true,
      });
    },
  );
});
