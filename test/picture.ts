import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { startLocalStack } from '../cdk/local/local-stack.ts';

/**
 * Makes the README's picture: `node test/picture.ts [FILE]` boots the stack in memory, sends an alert and an
 * event, and takes a picture of the twin's page. Needs Debian's chromium, or one named by CHROMIUM.
 */
const file = process.argv[2] ?? 'docs/twin.png';
const stack = await startLocalStack();
try {
  const headers = { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' };
  const fixture = (name: string): Promise<string> =>
    readFile(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
  await fetch(`${stack.apiUrl}/webhook`, {
    method: 'POST',
    headers,
    body: await fixture('alertmanager-firing-1.json'),
  });
  await fetch(`${stack.apiUrl}/v1/events`, { method: 'POST', headers, body: await fixture('event.json') });
  await sleep(4_000);
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  const page = await browser.newPage({ viewport: { width: 1180, height: 760 } });
  await page.goto(stack.twinUrl);
  await page.getByText('Order 4711 paid').first().waitFor();
  await page.screenshot({ path: file });
  await browser.close();
  console.log(`wrote ${file}`);
} finally {
  await stack.close();
}
