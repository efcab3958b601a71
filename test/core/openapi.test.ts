import { describe, expect, test } from 'vitest';
import { openApi } from '../../lib/core/openapi.ts';
import { OPERATIONS } from '../../lib/core/operations.ts';
import { registry } from '../../lib/registry.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}

const document = openApi({
  channels: [...registry.values()],
  url: 'https://api.example.com',
}) as unknown as Document;

describe('the OpenAPI document', () => {
  test('has every operation', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
  });

  test.each<[string, string, string[]]>([
    ['/v1/destinations/{id}', 'put', ['200', '201', 'default']],
    ['/v1/destinations/{id}', 'delete', ['204', 'default']],
    ['/v1/events', 'post', ['202', '207', 'default']],
    ['/webhook', 'post', ['202', '207', '503', 'default']],
    ['/v1/deliveries/{id}/replay', 'post', ['202', 'default']],
  ])('names each answer of %s %s', (path, method, statuses) => {
    const operation = document.paths[path]?.[method] as { responses: object } | undefined;
    expect(Object.keys(operation?.responses ?? {})).toEqual(statuses);
  });

  test('points only at schemas that it holds', () => {
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    for (const [, name = ''] of references) expect(document.components.schemas).toHaveProperty(name);
  });

  test('describes what each source of alerts posts', () => {
    for (const name of ['Alertmanager', 'Prometheus', 'Alert']) {
      expect(JSON.stringify(document.paths['/webhook'])).toContain(`"#/components/schemas/${name}"`);
      expect(JSON.stringify(document.components.schemas[name])).toContain('labels');
    }
  });

  test('describes every setting of every channel, secrets as references', () => {
    for (const { name, fields } of registry.values()) {
      const settings = document.components.schemas[`${name}Settings`] as {
        properties: Record<string, object>;
      };
      expect(Object.keys(settings.properties)).toEqual(Object.keys(fields));
    }
    const { properties } = document.components.schemas['slackSettings'] as {
      properties: Record<string, object>;
    };
    expect(properties['webhookUrl']).toMatchObject({ type: 'object', required: ['secret'] });
  });

  test('refuses unknown members, as the API does', () => {
    for (const name of ['Event', 'Route', 'Template', 'Key', 'Hook', 'Catalog']) {
      expect(document.components.schemas[name]).toMatchObject({ additionalProperties: false });
    }
  });
});
