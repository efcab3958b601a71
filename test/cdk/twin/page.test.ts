import { existsSync } from 'node:fs';
import { type Browser, type Page, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestTwin, testTwin } from './knock.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const SCRIPT = '<script>document.title="broken"</script><img src=x onerror=\'document.title="broken"\'>';
const missing = existsSync(CHROMIUM) ? '' : ` (skipped: no browser at ${CHROMIUM})`;

describe('page headers', () => {
  test('allow nothing from elsewhere, no inline script and no framing', async () => {
    const twin = await testTwin();
    const page = await twin.call('GET', '/');
    const unknown = await twin.call('GET', '/page/..%2Ftwin%2Ftwin.ts');
    await twin.close();

    expect(page.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
    );
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.text).not.toMatch(/<script(?![^>]* src=)|style=|https?:\/\//);
    expect(unknown.status).toBe(404);
  });
});

describe.skipIf(missing !== '')(`page${missing}`, () => {
  let browser: Browser;
  let twin: TestTwin;
  let page: Page;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  beforeEach(async () => {
    twin = await testTwin();
    page = await browser.newPage();
    await page.goto(twin.url);
  });
  afterEach(async () => {
    await page.close();
    await twin.close();
  });
  afterAll(() => browser.close());

  const card = (text: string) => page.locator('article', { hasText: text });

  test('tells how to send a first message, and shows it without a reload', async () => {
    await page.getByText('Nothing has arrived yet').waitFor();
    expect(await page.locator('#empty pre').textContent()).toContain(`curl ${twin.url}/slack/services/`);

    await twin.post('/slack/services/T/B/ops', { text: 'a *bold* word' });
    await card('a bold word').waitFor();
    expect(await card('a bold word').locator('strong', { hasText: 'bold' }).count()).toBe(1);
    expect(await page.getByText('Nothing has arrived yet').isVisible()).toBe(false);
  });

  test('shows a message as its last change left it, once', async () => {
    const bot = '/telegram/bot1:a';
    const { message_id: id } = (await twin.post(`${bot}/sendMessage`, { chat_id: 1, text: 'it began' })).json
      .result;
    await card('it began').waitFor();
    for (const text of ['it goes on', 'it is over'])
      await twin.post(`${bot}/editMessageText`, { chat_id: 1, message_id: id, text });
    await card('it is over').getByText('edited 2 times').waitFor();
    expect(await page.locator('article').count()).toBe(1);
    expect(await page.locator('article .content').textContent()).toMatch(/^it is over/);
  });

  test('shows whatever a message contains as text', async () => {
    await twin.post('/slack/services/T/B/ops', {
      text: SCRIPT,
      attachments: [{ color: 'url(x)', text: SCRIPT }],
    });
    await twin.post('/discord/api/webhooks/1/ops', {
      content: SCRIPT,
      embeds: [{ title: SCRIPT, description: SCRIPT }],
    });
    await twin.post('/telegram/bot1:a/sendMessage', { chat_id: 1, text: SCRIPT });
    await twin.post('/telegram/bot1:a/sendMessage', {
      chat_id: 2,
      text: `<b>x</b>${SCRIPT}`,
      parse_mode: 'HTML',
    });
    await twin.post(`/webhook/${encodeURIComponent(SCRIPT)}`, { note: SCRIPT }, { 'webhook-id': 'a.b' });
    const to = `U${'0'.repeat(32)}`;
    await twin.post(
      '/line/v2/bot/message/push',
      { to, messages: [{ type: 'text', text: `${SCRIPT} https://example.com/` }] },
      { authorization: 'Bearer x' },
    );
    await twin.post('/pagerduty/v2/enqueue', {
      routing_key: '0'.repeat(32),
      event_action: 'trigger',
      dedup_key: SCRIPT,
      links: [{ href: 'javascript:alert(1)', text: SCRIPT }],
      payload: {
        summary: SCRIPT,
        source: SCRIPT,
        severity: 'info',
        custom_details: { text: SCRIPT },
      },
    });
    await page.locator('article').nth(6).waitFor();

    expect(await page.locator('.slack p', { hasText: SCRIPT }).count()).toBe(2);
    expect(await page.locator('.line a').allTextContents()).toEqual(['https://example.com/']);
    expect(await page.locator('.pagerduty h4', { hasText: SCRIPT }).count()).toBe(1);
    expect(await page.locator('.pagerduty a').count()).toBe(0);
    expect(await page.locator('article script, article img').count()).toBe(0);
    expect(await page.title()).toBe('Fanfare twin');
  });

  test('links only where a message may point', async () => {
    await twin.post('/telegram/bot1:a/sendMessage', {
      chat_id: 1,
      parse_mode: 'HTML',
      text: '<a href="javascript:alert(1)">bad</a> <a href="https://example.com/">good</a>',
    });
    await card('good').waitFor();
    const links = card('good').locator('.content a');

    expect(await links.allTextContents()).toEqual(['good']);
    expect(await links.getAttribute('rel')).toContain('noopener');
  });

  test('shows the HTML of a mail in a frame that runs no script', async () => {
    const content = {
      Simple: { Subject: { Data: 'Report' }, Body: { Html: { Data: `<h1>Numbers</h1>${SCRIPT}` } } },
    };
    const signed = {
      authorization: `AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    };
    const body = { FromEmailAddress: 'a@b.c', Destination: { ToAddresses: ['d@e.f'] }, Content: content };
    await twin.post('/ses/v2/email/outbound-emails', body, signed);
    const frame = page.frameLocator('.email iframe');
    await frame.getByRole('heading', { name: 'Numbers' }).waitFor();

    expect(await page.locator('.email iframe').getAttribute('sandbox')).toBe('');
    expect(await frame.locator('html').evaluate((html) => html.ownerDocument.title)).toBe('');
  });

  test('marks refused messages, counts them and filters by channel', async () => {
    await twin.post('/webhook/audit', { n: 1 });
    await twin.post('/discord/api/webhooks/1/ops', {});
    await page.locator('article.refused').waitFor();

    expect(await page.locator('article.refused .why').textContent()).toContain('the message is empty');
    // Counts come by the stream, cards by a request of their own: either may be first.
    await page.locator('.pick.discord', { hasText: '1 refused' }).waitFor();
    await page.locator('.pick.webhook').click();
    await page.locator('article.refused').waitFor({ state: 'detached' });
    expect(await page.locator('article').count()).toBe(1);
  });

  test('switches a behaviour, and shows it when it was set from elsewhere', async () => {
    const slack = page.getByRole('group', { name: 'Behaviour of Slack' });
    await slack.getByRole('button', { name: '429' }).click();
    await slack.locator('[aria-pressed=true]', { hasText: '429' }).waitFor();
    expect((await twin.post('/slack/services/T/B/ops', { text: 'x' })).status).toBe(429);

    await slack.getByRole('button', { name: 'Normal' }).click();
    await slack.locator('[aria-pressed=true]', { hasText: 'Normal' }).waitFor();
    expect((await twin.call('GET', '/behaviour/slack')).json).toEqual({});

    await twin.call('PUT', '/behaviour/slack', { failRate: 0.5 });
    await slack.getByText('{"failRate":0.5}').waitFor();
  });

  test('empties the inbox', async () => {
    await twin.post('/webhook/audit', { n: 1 });
    await page.locator('article').waitFor();
    await page.getByRole('button', { name: 'Empty inbox' }).click();
    await page.getByText('Nothing has arrived yet').waitFor();
    expect(await twin.inbox()).toEqual([]);
  });

  test('fits a phone without scrolling sideways', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await twin.post('/discord/api/webhooks/1/ops', {
      embeds: [{ title: 'x'.repeat(200), fields: [{ name: 'n', value: 'v'.repeat(300) }] }],
    });
    await page.locator('article').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });
});
