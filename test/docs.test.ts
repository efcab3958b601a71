import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { APPLY_USAGE } from '../cdk/cli/apply.ts';
import { parseCatalogFile } from '../cdk/cli/catalog-file.ts';
import { anchor } from '../cdk/alarms.ts';
import { type Settings, parseSettings } from '../cdk/settings.ts';
import { MAX_ALERTS } from '../lib/core/alert.ts';
import { ENTRY_KINDS, SECTIONS } from '../lib/core/catalog-entry.ts';
import { parseCloudEvent } from '../lib/core/cloud-event.ts';
import { MAX_EVENTS, MAX_EVENT_BYTES, eventInput, parseEvent } from '../lib/core/event-input.ts';
import { isObject } from '../lib/core/is-object.ts';
import { MAX_DEPTH, MAX_ELEMENTS, MAX_KEYS } from '../lib/core/json-limits.ts';
import { OPERATIONS } from '../lib/core/operations.ts';
import { openApi } from '../lib/core/openapi.ts';
import { MAX_PEOPLE } from '../lib/core/addressees.ts';
import { MAX_ATTRIBUTE, MAX_RECIPIENTS } from '../lib/core/event.ts';
import { parseRecipientInput } from '../lib/core/recipient-input.ts';
import { CATALOG_QUOTA, MAX_CATALOG_BYTES } from '../lib/core/catalog-quota.ts';
import { compileTemplate } from '../lib/core/template.ts';
import { LIST_STATES } from '../lib/core/views.ts';
import { registry } from '../lib/registry.ts';
import { DOCUMENTS, ROOT, generatedParts, partsIn, readDocument, withParts } from './docs.ts';
import { rowsBelow } from './docs/table.ts';

const texts = new Map(DOCUMENTS.map((path) => [path, readDocument(path)]));
const catalog = texts.get('docs/catalog.md') ?? '';
const api = texts.get('docs/api.md') ?? '';
const deploying = texts.get('docs/deploying.md') ?? '';

describe('what documents list', () => {
  const parts = generatedParts();

  test.each([...texts])('is what the code says: %s (else run: npx node test/docs.ts --write)', (_, text) => {
    expect(withParts(text, parts)).toBe(text);
  });

  test('is listed somewhere, all of it', () => {
    expect(new Set([...texts.values()].flatMap(partsIn))).toEqual(new Set(parts.keys()));
  });
});

describe('every document', () => {
  test.each(DOCUMENTS.slice(1))('%s is linked from the README', (path) => {
    expect(texts.get('README.md')).toContain(`](${path})`);
  });

  test.each([...texts])('%s links to what exists', (path, text) => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links
      .filter((link) => !/^(?:https?|mailto):/.test(link))
      .filter((link) => !leadsSomewhere(path, link));
    expect(broken).toEqual([]);
  });

  test.each([...texts])('%s names commands and files that exist', (_, text) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const npm = [...text.matchAll(/\bnpm (?:run )?([a-z][a-z:]*)/g)].map(([, name = '']) => name);
    expect(npm.filter((name) => !['ci', 'install', ...Object.keys(scripts)].includes(name))).toEqual([]);

    const main = readFileSync(join(ROOT, 'cdk/cli/main.ts'), 'utf8');
    const commands = [...text.matchAll(/\bfanfare ([a-z]+)\b(?= --|`| [A-Z])/g)].map(([, name = '']) => name);
    expect(commands.filter((name) => !new RegExp(`^  ${name}: \\{`, 'm').test(main))).toEqual([]);

    const files = [
      ...text.matchAll(/`((?:cdk|docs|functions|lib|load|test)\/[\w./-]+\.\w+)`|\bnode ([\w/-]+\.ts)/g),
    ];
    const missing = files.map(([, path, script]) => path ?? script ?? '').filter((file) => !isThere(file));
    expect(missing).toEqual([]);
  });
});

/** What the page about new channels makes is not there yet. */
function isThere(file: string): boolean {
  return file.includes('ntfy') || existsSync(join(ROOT, file));
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', fragment] = link.split('#');
  const path = join(
    dirname(from),
    file || from.slice(dirname(from).length > 1 ? dirname(from).length + 1 : 0),
  );
  if (!existsSync(join(ROOT, path))) return false;
  if (fragment === undefined) return true;
  const headings = [...readDocument(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));
  return headings.includes(fragment);
}

const SCHEMAS = openApi({ channels: [...registry.values()] }) as {
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly properties: object; readonly required?: string[] }>>;
  };
};

/** Members of an entry and whether they are needed, as a table says it. */
function membersOf(rows: readonly (readonly string[])[]): Record<string, boolean> {
  return Object.fromEntries(rows.map(([name = '', needed]) => [name, needed === 'yes']));
}

describe('the page about recipients', () => {
  const recipients = texts.get('docs/recipients.md') ?? '';

  test.each([
    ['Persons', 'Person'],
    ['Teams', 'Team'],
  ])('lists every member below %s', (heading, name) => {
    const { properties, required = [] } = SCHEMAS.components.schemas[name]!;
    const members = Object.keys(properties).map((member) => [member, required.includes(member)]);
    expect(membersOf(rowsBelow(recipients, heading))).toEqual(Object.fromEntries(members));
  });

  test('shows recipients that are accepted', () => {
    const bodies = [...recipients.matchAll(/-d '(\{[^']*\})'/g)].map(([, body = '']) => body);
    expect(bodies).toHaveLength(2);
    for (const body of bodies)
      expect(parseRecipientInput('alice', JSON.parse(body))).toMatchObject({ ok: true });
    const [, event = ''] = /`(\{"topic"[^`]*\})`/.exec(recipients) ?? [];
    expect(parseEvent(JSON.parse(event), Date.now())).toMatchObject({ ok: true });
    const most = [MAX_PEOPLE, MAX_RECIPIENTS].map((count) => recipients.includes(`${count} `));
    expect(most).toEqual([true, true]);
  });
});

describe('the page about catalogs', () => {
  test.each(ENTRY_KINDS)('lists every member of a %s', (kind) => {
    const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    const { properties, required = [] } = SCHEMAS.components.schemas[name] ?? { properties: {} };
    const members = Object.keys(properties).map((member) => [member, required.includes(member)]);
    expect(membersOf(rowsBelow(catalog, SECTIONS[kind]))).toEqual(Object.fromEntries(members));
  });

  test('shows only catalogs that can be applied', () => {
    const blocks = [...catalog.matchAll(/```yaml\n([\s\S]*?)```/g)];
    expect(blocks.length).toBeGreaterThan(1);
    for (const [, yaml = ''] of blocks)
      expect(parseCatalogFile(yaml, { TWIN_URL: 'https://example.com' })).toMatchObject({ ok: true });
  });

  test('shows what templates give', () => {
    const [, json = ''] = /For the event `([^`]+)`/.exec(catalog) ?? [];
    const rows = rowsBelow(catalog.replace(/^For the event/m, '## examples\n\n$&'), 'examples');
    expect(rows.length).toBeGreaterThan(2);
    for (const [template = '', text] of rows) expect(compileTemplate(template)(JSON.parse(json))).toBe(text);
  });

  test('lists every flag of apply', () => {
    const flags = [...catalog.matchAll(/^\| `(--[a-z-]+)`/gm)].map(([, flag]) => flag);
    expect(new Set(flags)).toEqual(new Set(APPLY_USAGE.match(/--[a-z]+(?:-[a-z]+)*/g)));
  });
});

describe('the page about the API', () => {
  test('lists the members of an event and whether they are needed', () => {
    const members = Object.entries(eventInput.shape).map(([name, schema]) => [
      name,
      schema._zod.optin === undefined,
    ]);
    expect(membersOf(rowsBelow(api, 'Posting events'))).toEqual(Object.fromEntries(members));
  });

  test('lists every state that deliveries can be asked for, and every query parameter', () => {
    const rows = rowsBelow(api, 'What became of it');
    expect(rows.map(([name]) => name)).toEqual(OPERATIONS['GET /v1/deliveries']?.query);
    for (const state of LIST_STATES) expect(rows[0]?.[1]).toContain(state);
  });
});

describe('the examples of the API', () => {
  const bodies = [...api.matchAll(/ -d '([^']+)'/g)].map(([, body = '']) => JSON.parse(body) as unknown);
  const events = bodies.flat().filter(isObject);

  test.each(events.filter((event) => 'topic' in event))('are events: %j', (event) => {
    expect(parseEvent(event, 0)).toMatchObject({ ok: true });
  });

  test.each(events.filter((event) => 'specversion' in event))('are CloudEvents: %j', (event) => {
    expect(parseCloudEvent(event, 0)).toMatchObject({ ok: true });
  });

  test('stay within limits that are those of the code', () => {
    const limits = Object.fromEntries(rowsBelow(api, 'Limits').map(([what = '', limit]) => [what, limit]));
    const grouped = (count: number): string => count.toLocaleString('en');
    expect(limits).toMatchObject({
      'events of one post': grouped(MAX_EVENTS),
      'alerts of one post': grouped(MAX_ALERTS),
      'one event': `${MAX_EVENT_BYTES / 1024} KiB`,
      'source, subject, dedupeKey': `${MAX_ATTRIBUTE} characters`,
      'depth of JSON; keys of an object; elements of an array': [MAX_DEPTH, MAX_KEYS, MAX_ELEMENTS]
        .map(grouped)
        .join('; '),
      ...catalogLimits(),
    });
  });
});

function catalogLimits(): Record<string, string> {
  const kib = (bytes: number): string => `${bytes / 1_024} KiB`;
  const rows = ENTRY_KINDS.map((kind) => {
    const { entries, bytes } = CATALOG_QUOTA[kind];
    return [`${SECTIONS[kind]} of a tenant; one of them`, `${entries}; ${kib(bytes)}`] as const;
  });
  return { ...Object.fromEntries(rows), 'catalog of a tenant': kib(MAX_CATALOG_BYTES) };
}

/** A setting that nobody gave, with any value: TypeScript asks for new ones. */
const ALL_SETTINGS: Required<Settings> = {
  ...parseSettings({}),
  maxDollarsPerMillion: 10,
  sampling: { oneIn: 1_000 },
  alarmAddress: 'team@example.com',
  tables: { catalog: 'catalog', ledger: 'ledger' },
  domain: { name: 'events.example.com', certificateArn: 'arn:aws:acm:us-east-1:1:certificate/a' },
};

describe('the page about deploying', () => {
  test('lists every setting with its default', () => {
    const defaults = flat(parseSettings({}));
    const all = Object.keys(flat(ALL_SETTINGS)).map((path) => [path, defaults[path] ?? '']);
    const rows = rowsBelow(deploying, 'Settings').map(([path = '', value]) => [path, value]);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(all));
  });

  test('shows settings that are accepted', () => {
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(deploying) ?? [];
    const { context } = JSON.parse(json) as { context: { fanfare: object } };
    expect(parseSettings(context.fanfare)).toMatchObject(context.fanfare);
  });
});

/** Values as JSON by their path; `concurrency.by` is one value. */
function flat(value: object, prefix = ''): Record<string, string> {
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, inner]: [string, unknown]) =>
      isObject(inner) && name !== 'by'
        ? flat(inner, `${prefix}${name}.`)
        : { [`${prefix}${name}`]: JSON.stringify(inner) },
    ),
  ) as Record<string, string>;
}
