import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { LINK_PATH } from '../../lib/core/links.ts';
import { type Driver, PATIENT, TEST, driver } from './rig.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-sync',
  '--no-first-run',
];
const missing = existsSync(CHROMIUM) ? '' : ` (skipped: no browser at ${CHROMIUM})`;

interface Mail {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

describe('links, on a stack with the roles it is deployed with', TEST, () => {
  const denials: string[][] = [];
  let stack: LocalStack;
  let user: Driver;
  beforeAll(async () => {
    const view = { ...SILENT_VIEW, denied: (...denial: string[]) => void denials.push(denial) };
    stack = await startLocalStack({ reuse: true, memory: true, view });
    user = driver(stack);
  }, TEST.timeout);
  afterAll(() => stack.close());

  /** Posts an event to a person of this name, who reads mail; answers the mail as it arrived. */
  async function mailTo(person: string, topic: string): Promise<Mail> {
    const to = `${person}@example.com`;
    const body = { destinations: [{ through: 'email', settings: { to } }] };
    expect((await user.call('PUT', `/v1/recipients/${person}`, body)).status).toBe(201);
    await user.post('/v1/events', { topic, recipients: [person], data: { title: 'Paid <b>' } });
    const mails = () => user.inbox(`channel=email&destination=${to}`);
    await expect.poll(mails, PATIENT).toHaveLength(1);
    return (await mails())[0]!.body as Mail;
  }

  const reasons = async (person: string, topic: string) => {
    const [id = ''] = await user.post('/v1/events', { topic, recipients: [person], data: {} });
    await expect.poll(async () => (await user.delivery(id))?.state, PATIENT).toMatch(/delivered|discarded/);
    return (await user.delivery(id))?.reason;
  };

  test('a mail to a person can be unsubscribed from by one click of their mail program', async () => {
    const { headers, text } = await mailTo('alice', 'orders.paid');
    const [, url = ''] = /^<(.*)>$/.exec(headers['list-unsubscribe'] ?? '') ?? [];
    expect(url.startsWith(stack.apiUrl + LINK_PATH)).toBe(true);
    expect(headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
    expect(text).toContain(`Unsubscribe: ${url}`);

    // Programs on the way look at it first.
    for (let times = 0; times < 3; times++) expect((await fetch(url)).status).toBe(200);
    expect((await user.call('GET', '/v1/recipients/alice')).body).not.toHaveProperty('unsubscribed');

    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
    const reply = await fetch(url, { method: 'POST', body, redirect: 'error' });
    expect([reply.status, reply.headers.get('set-cookie')]).toEqual([200, null]);
    expect((await user.call('GET', '/v1/recipients/alice')).body).toMatchObject({
      unsubscribed: ['orders.paid'],
    });
    // Functions read a recipient again after ten seconds.
    await expect.poll(() => reasons('alice', 'orders.paid'), PATIENT).toBe('unsubscribed');
    expect(await reasons('alice', 'orders.sent')).toBeUndefined();
  });

  test('what is escalated is acknowledged by what its message links to', async () => {
    const settings = { url: `${stack.twinUrl}/webhook/links` };
    await user.call('PUT', '/v1/destinations/links', { channel: 'webhook', settings });
    const escalate = { steps: [{ afterMs: 60_000, destinations: ['links'] }] };
    const route = { order: 0, topics: ['disk.*'], destinations: ['links'], escalate };
    expect((await user.call('PUT', '/v1/routes/links', route)).status).toBe(201);
    const link = async () => {
      await user.post('/v1/events', { topic: 'disk.full', dedupeKey: 'disk', data: { title: 'Disk full' } });
      const [received] = await user.inbox('channel=webhook&last=1');
      const { links } = (received?.body ?? {}) as { links?: { acknowledge?: string } };
      return links?.acknowledge ?? '';
    };
    await expect.poll(link, PATIENT).toContain(LINK_PATH);
    const url = await link();
    expect(await (await fetch(url)).text()).toContain('Nobody has acknowledged it.');
    const body = new URLSearchParams({ action: 'acknowledge' });
    expect(await (await fetch(url, { method: 'POST', body })).text()).toContain('Acknowledged by links at');
  });

  describe.skipIf(missing !== '')(`its page in a browser without scripts${missing}`, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    });
    afterAll(() => browser.close());

    test('unsubscribes, undoes it, and loads nothing from elsewhere', async () => {
      const { headers } = await mailTo('bob', 'news.weekly');
      const page = await browser.newPage({ javaScriptEnabled: false });
      const requests: string[] = [];
      const broken: string[] = [];
      page.on(
        'request',
        (request) => void requests.push(`${request.method()} ${new URL(request.url()).origin}`),
      );
      page.on('console', (message) => void broken.push(message.text()));
      await page.goto((headers['list-unsubscribe'] ?? '').slice(1, -1));
      const unsubscribed = async () =>
        ((await user.call('GET', '/v1/recipients/bob')).body as { unsubscribed?: string[] }).unsubscribed;

      await page.getByText('news.weekly').waitFor();
      // The styles are those of the page, whatever its policy: a hash that does not fit would leave the default.
      expect(await page.evaluate('getComputedStyle(document.querySelector("button")).cursor')).toBe(
        'pointer',
      );
      expect(await unsubscribed()).toBeUndefined();
      await page.getByRole('button', { name: 'Unsubscribe' }).click();
      await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
      expect(await unsubscribed()).toEqual(['news.weekly']);
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByRole('heading', { name: /^Unsubscribe$/ }).waitFor();
      expect(await unsubscribed()).toBeUndefined();
      expect([new Set(requests), broken]).toEqual([
        new Set([`GET ${stack.apiUrl}`, `POST ${stack.apiUrl}`]),
        [],
      ]);
      await page.close();
    });

    test('shows what a link is worth that was changed', async () => {
      const page = await browser.newPage({ javaScriptEnabled: false });
      const answer = await page.goto(`${stack.apiUrl}${LINK_PATH}abc.def`);
      expect(answer?.status()).toBe(404);
      await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
      await page.close();
    });
  });

  test('all of this within what the functions may do', () => {
    expect(denials).toEqual([]);
  });
});
