import { expect, test } from 'vitest';
import type { Template } from '../../lib/core/catalog.ts';
import { type Audience, wordingFor } from '../../lib/core/wording.ts';
import { rowsBelow } from '../docs/table.ts';
import { readDocument } from '../docs.ts';

/** Each says where it stands. */
const TEMPLATE: Template = {
  id: 't',
  title: 'plain',
  text: 'plain',
  channels: { slack: { text: 'slack' } },
  locales: {
    de: { text: 'de', channels: { slack: { text: 'de slack' }, email: { title: 'de email' } } },
    'de-AT': { title: 'de-AT' },
    'zh-Hant': { text: 'zh-Hant' },
  },
};

const read = (audience: Audience) => {
  const { title, text } = wordingFor(TEMPLATE, audience);
  return [title, text];
};

test.each<[Audience, string, string]>([
  [{}, 'plain', 'plain'],
  [{ channel: 'slack' }, 'plain', 'slack'],
  [{ channel: 'webhook' }, 'plain', 'plain'],
  [{ locale: 'de' }, 'plain', 'de'],
  [{ locale: 'DE' }, 'plain', 'de'],
  [{ locale: 'de', channel: 'slack' }, 'plain', 'de slack'],
  [{ locale: 'de', channel: 'email' }, 'de email', 'de'],
  [{ locale: 'de-AT', channel: 'slack' }, 'de-AT', 'de slack'],
  [{ locale: 'de-CH-1996', channel: 'webhook' }, 'plain', 'de'],
  [{ locale: 'zh-Hant-TW' }, 'plain', 'zh-Hant'],
  [{ locale: 'zh' }, 'plain', 'plain'],
  [{ locale: 'fr', channel: 'slack' }, 'plain', 'slack'],
  [{ channel: 'constructor', locale: 'constructor' }, 'plain', 'plain'],
])('for %j the title is %s and the text is %s', (audience, title, text) => {
  expect(read(audience)).toEqual([title, text]);
});

test('a template for everybody is taken as it is, and any other is made once', () => {
  const plain = { id: 'p', text: 'x' };
  expect(wordingFor(plain, { channel: 'slack', locale: 'de' })).toBe(plain);
  const audience = { channel: 'slack', locale: 'de' };
  expect(wordingFor(TEMPLATE, audience)).toBe(wordingFor(TEMPLATE, { ...audience }));
  expect(wordingFor(TEMPLATE, audience).id).not.toBe(wordingFor(TEMPLATE, { channel: 'slack' }).id);
});

test('the page about catalogs tells the order', () => {
  const catalog = readDocument('docs/catalog.md');
  const [, json = ''] = /for the\s+template `([^`]+)`/.exec(catalog) ?? [];
  const template = { id: 't', ...(JSON.parse(json) as object) };
  const rows = rowsBelow(catalog, 'Channels and languages');
  expect(rows.length).toBeGreaterThan(3);
  for (const [channel = '', locale = '', title = '', text = ''] of rows) {
    const audience = { channel, ...(locale !== 'none' && { locale }) };
    expect(wordingFor(template, audience)).toMatchObject({ title, text });
  }
});
