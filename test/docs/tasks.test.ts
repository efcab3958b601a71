import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCatalogFile } from '../../cdk/cli/catalog-file.ts';
import type { Route } from '../../lib/core/catalog.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import { readDocument } from '../docs.ts';
import { rowsBelow } from './table.ts';

const read = parseCatalogFile(
  readFileSync(join(import.meta.dirname, '../fixtures/catalog.tasks.yaml'), 'utf8'),
  {},
);
const routes = read.ok ? (read.file.catalog['routes'] as readonly Route[]) : [];

const heardBy = (topic: string) => {
  const event = { id: 'e', topic, time: '2026-11-26T10:00:00.000Z', lane: 'normal', data: {} } as const;
  return compileRoutes(routes)(event);
};

const ROWS = rowsBelow(readDocument('docs/catalog.md'), 'A system that works on tasks');

test('nine kinds of event notify', () => expect(ROWS).toHaveLength(9));

test.each(ROWS)('%s goes the way of priority %s', (topic = '', priority = '') => {
  expect(heardBy(topic).map(({ route }) => route)).toEqual([`tasks-${priority}`]);
  expect(heardBy(topic).flatMap(({ destinations }) => destinations)).toContain('chat');
});

test('only what is urgent wakes somebody', () => {
  const paging = ROWS.filter(([topic = '']) =>
    heardBy(topic).some(({ destinations }) => destinations.includes('pager')),
  );
  expect(paging).toEqual([['system.error', 'urgent']]);
});

test.each([
  'task.created',
  'task.progress',
  'worker.heartbeat',
  'user.created',
  'project.deleted',
  'system.errors',
])('%s disturbs nobody', (topic) => expect(heardBy(topic)).toEqual([]));
