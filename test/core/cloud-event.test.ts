import { describe, expect, test } from 'vitest';
import { parseBinaryCloudEvent, parseCloudEvent } from '../../lib/core/cloud-event.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const base = { specversion: '1.0', id: '4711', source: '/shop', type: 'com.example.order.paid' };
const structured = (more: object) => parseCloudEvent({ ...base, ...more }, NOW);
const draft = (more: object) => {
  const parsed = structured(more);
  return parsed.ok ? parsed.draft : parsed.errors;
};

describe('a CloudEvent in structured form', () => {
  test('becomes an event whose id stands for source and id', () => {
    const event = draft({ subject: 'order/4711', time: '2026-11-21T10:00:00.5Z', data: { total: 42 } });
    expect(event).toMatchObject({
      topic: 'com.example.order.paid',
      ceType: 'com.example.order.paid',
      source: '/shop',
      subject: 'order/4711',
      time: '2026-11-21T10:00:00.500Z',
      data: { total: 42 },
    });
    expect(event).toHaveProperty('id', expect.stringMatching(/^ce_[\w-]{27}$/));
    expect(draft({ source: '/else' })).not.toHaveProperty('id', (event as { id: string }).id);
  });

  test.each([
    ['com.example/order created', 'com.example_order_created'],
    ['a..b.', 'a._.b._'],
    ['заказ.оплачен', '_____._______'],
  ])('keeps the type %j beside the topic %j', (type, topic) => {
    expect(draft({ type })).toMatchObject({ topic, ceType: type });
  });

  test.each([
    [undefined, {}],
    [null, {}],
    [{ a: 1 }, { a: 1 }],
    ['text', { text: 'text' }],
    [[1, 2], { value: [1, 2] }],
    [7, { value: 7 }],
  ])('turns data %j into %j', (data, expected) => {
    expect(draft({ data })).toMatchObject({ data: expected });
  });

  test.each([
    ['application/json', '{"a":1}', { a: 1 }],
    ['text/plain', 'Café', { text: 'Café' }],
    ['image/png', '\x89PNG', { base64: Buffer.from('\x89PNG').toString('base64'), contentType: 'image/png' }],
  ])('decodes data_base64 of type %s', (datacontenttype, text, expected) => {
    const data_base64 = Buffer.from(text).toString('base64');
    expect(draft({ datacontenttype, data_base64 })).toMatchObject({ data: expected });
  });

  test('takes severity and lane from extensions, and ignores all others', () => {
    const event = draft({ severity: 'error', lane: 'urgent', traceparent: '00-1-2-01', id: '1' });
    expect(event).toMatchObject({ severity: 'error', lane: 'urgent' });
    expect(event).not.toHaveProperty('traceparent');
  });

  test('takes null for absent', () => {
    expect(structured({ subject: null, time: null, datacontenttype: null }).ok).toBe(true);
  });

  test.each([
    [{ specversion: '0.3' }, '/specversion'],
    [{ id: '' }, '/id'],
    [{ source: undefined }, '/source'],
    [{ type: 'a'.repeat(129) }, '/type'],
    [{ time: '2026-11-21' }, '/time'],
    [{ time: '2020-01-01T00:00:00Z' }, '/time'],
    [{ data_base64: '%' }, '/data_base64'],
    [
      {
        datacontenttype: 'application/json',
        data_base64: Buffer.from('{"a":{"__proto__":1}}').toString('base64'),
      },
      '/data_base64/a/__proto__',
    ],
  ])('refuses %j', (more, pointer) => {
    expect(structured(more)).toMatchObject({ ok: false, errors: [{ pointer }] });
  });

  test('reads a megabyte of base64', () => {
    const data_base64 = Buffer.alloc(700_000, 7).toString('base64');
    expect(structured({ datacontenttype: 'application/octet-stream', data_base64 }).ok).toBe(true);
  });
});

describe('a CloudEvent in binary form', () => {
  const headers = { 'ce-specversion': '1.0', 'ce-id': '4711', 'ce-source': '/shop', 'ce-type': 'order.paid' };
  const binary = (more: Record<string, string>, body: string | Uint8Array = '') =>
    parseBinaryCloudEvent({ ...headers, ...more }, Buffer.from(body as string), NOW);

  test('is the same event as in structured form', () => {
    const parsed = binary({ 'content-type': 'application/json', 'ce-subject': 'caf%C3%A9' }, '{"total":42}');
    const same = parseCloudEvent(
      {
        specversion: '1.0',
        id: '4711',
        source: '/shop',
        type: 'order.paid',
        subject: 'café',
        data: { total: 42 },
      },
      NOW,
    );
    expect(parsed).toEqual(same);
  });

  test.each([
    ['text/plain; charset=utf-8', 'Hi', { text: 'Hi' }],
    ['application/cloudevents+json', '{"a":1}', { a: 1 }],
    ['application/xml', '<a/>', { base64: 'PGEvPg==', contentType: 'application/xml' }],
    ['', '', {}],
  ])('takes the content type %j', (type, body, data) => {
    expect(binary({ 'content-type': type }, body)).toMatchObject({ ok: true, draft: { data } });
  });

  test('keeps text that is no UTF-8 as bytes', () => {
    const parsed = binary({ 'content-type': 'text/plain' }, Uint8Array.from([0xc3, 0x28]));
    expect(parsed).toMatchObject({ ok: true, draft: { data: { base64: 'wyg=' } } });
  });

  test.each([
    [{ 'ce-id': '' }, '', '/id'],
    [{ 'ce-subject': '%00' }, '', '/subject'],
    [{ 'ce-source': '%EF%BF%BF' }, '', '/source'],
    [{ 'content-type': 'application/json' }, '{"a":1e999}', '/a'],
  ])('refuses %j with the body %j', (more, body, pointer) => {
    expect(binary(more as Record<string, string>, body)).toMatchObject({ ok: false, errors: [{ pointer }] });
  });
});
