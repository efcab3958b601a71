import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { compilePath, compileTemplate, pathsOf, TemplateError } from '../../lib/core/template.ts';

const event: Event = {
  id: 'e1',
  topic: 'orders.paid',
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  severity: 'info',
  data: {
    amount: 12.5,
    customer: { name: 'Ann <b>' },
    tags: ['a', 'b'],
    'app.kubernetes.io/name': 'shop',
    labels: { 'app.kubernetes.io/name': 'cart' },
    none: null,
  },
};

describe('templates', () => {
  test.each([
    ['no placeholder at all', 'plain } text {', 'plain } text {'],
    ['a member', '{{topic}}!', 'orders.paid!'],
    ['spaces inside', '{{ data.amount }} EUR', '12.5 EUR'],
    ['a nested member, not escaped', '{{data.customer.name}}', 'Ann <b>'],
    ['an element of a list', '{{data.tags.1}}', 'b'],
    ['a list', '{{data.tags}}', 'a, b'],
    ['an object', '{{data.customer}}', '{"name":"Ann <b>"}'],
    [
      'names with dots and slashes',
      '{{data.app.kubernetes.io/name}} {{data.labels.app.kubernetes.io/name}}',
      'shop cart',
    ],
    ['what is absent', '[{{data.nothing.at.all}}{{source}}{{data.none}}]', '[]'],
    ['what is inherited', '[{{data.toString}}{{data.customer.hasOwnProperty}}]', '[]'],
  ])('fill in %s', (_, template, expected) => {
    expect(compileTemplate(template)(event)).toBe(expected);
  });

  test.each([
    ['an unknown variable', '{{user.name}}'],
    ['a prototype path', '{{constructor.constructor}}'],
    ['a prototype path below data', '{{data.constructor}}'],
    ['__proto__', '{{data.__proto__.x}}'],
    ['a loop', '{{#data.tags}}x{{/data.tags}}'],
    ['a block', '{{#if data.x}}y{{/if}}'],
    ['a function', '{{upper(data.x)}}'],
    ['a filter', '{{data.x | upper}}'],
    ['three braces', '{{{topic}}}'],
    ['nothing inside', '{{}}'],
    ['no end', 'x {{topic'],
    ['an unknown link', '{{links.delete}}'],
    ['all links', '{{links}}'],
    ['a part of a link', '{{links.acknowledge.x}}'],
    ['more than 8 KiB', 'x'.repeat(8 * 1024 + 1)],
    ['more than 8 KiB of bytes', 'ü'.repeat(4 * 1024 + 1)],
  ])('refuse %s', (_, template) => {
    expect(() => compileTemplate(template)).toThrow(TemplateError);
  });

  test('fill in links, where there are some', () => {
    const fill = compileTemplate('{{ links.acknowledge }} {{links.unsubscribe}}');
    expect(fill({ ...event, links: { acknowledge: 'https://a', unsubscribe: 'https://b' } })).toBe(
      'https://a https://b',
    );
    expect(fill(event)).toBe(' ');
    expect(() => compilePath('links.acknowledge')).toThrow(TemplateError);
    // An event, such as the sample of a topic, has none.
    expect(pathsOf('{{links.acknowledge}} {{data.amount}}')).toEqual(['data.amount']);
  });

  test('a value that is repeated cannot make the text endless', () => {
    const big: Event = { ...event, data: { x: 'y'.repeat(100_000) } };
    expect(compileTemplate('{{data.x}}'.repeat(800))(big).length).toBe(64 * 1024);
  });
});
