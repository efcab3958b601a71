import * as z from 'zod/mini';
import { postableSilence } from './alertmanager-input.ts';
import { ENTRY_KINDS, type EntryKind, SECTIONS } from './catalog-entry.ts';
import { ENTRY_SCHEMAS, secretRef } from './entry-schemas.ts';
import { eventInput, eventsInput } from './event-input.ts';
import type { Field, Fields } from './field.ts';
import { isObject } from './is-object.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { PROBLEMS } from './problem.ts';
import { alertmanagerInput } from './sources/alertmanager.ts';
import { acknowledgeInput } from './acknowledge-input.ts';
import { explainInput } from './explain-input.ts';
import { pauseInput } from './pause-input.ts';
import { personInput, teamInput } from './recipient-input.ts';
import { silenceInput } from './silence-input.ts';
import { deadReplayInput, eventReplayInput } from './replay-input.ts';
import { genericInput } from './sources/generic.ts';
import { postableInput } from './sources/postable.ts';
import { prometheusInput } from './sources/prometheus.ts';

/** What the document needs to know of a channel; `lib/channel.ts` has the whole of it. */
export interface DocumentedChannel {
  readonly name: string;
  readonly title: string;
  readonly fields: Fields;
}

export interface DocumentOptions {
  readonly channels: readonly DocumentedChannel[];
  /** Base URL of this API. */
  readonly url?: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of the API: request bodies are the schemas that check them. */
export function openApi({ channels, url }: DocumentOptions): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Fanfare', version: '1', description: 'Post events; Fanfare brings them to people.' },
    ...(url && { servers: [{ url }] }),
    security: [{ bearer: [] }, { apiKey: [] }],
    paths: pathsOf(OPERATIONS),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: {
        Event: schemaOf(eventInput),
        Events: schemaOf(eventsInput),
        Alertmanager: schemaOf(alertmanagerInput),
        Prometheus: schemaOf(prometheusInput),
        Alert: schemaOf(genericInput),
        PostableAlerts: schemaOf(postableInput),
        ...entrySchemas(channels),
        Catalog: catalogSchema(),
        Patch: { type: 'object', description: 'RFC 7396: members to change; null removes one.' },
        Rotation: schemaOf(secretRef),
        DeadReplay: schemaOf(deadReplayInput),
        EventReplay: schemaOf(eventReplayInput),
        Pause: schemaOf(pauseInput),
        Silence: schemaOf(silenceInput),
        PostableSilence: schemaOf(postableSilence),
        Acknowledgement: schemaOf(acknowledgeInput),
        Explain: schemaOf(explainInput),
        LinkAnswer: LINK_ANSWER,
        Person: schemaOf(personInput),
        Team: schemaOf(teamInput),
        Problem: PROBLEM,
      },
    },
  };
}

/** Name of an entry's schema: `Destination`. */
function nameOf(kind: EntryKind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

function schemaOf(schema: z.core.$ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

function entrySchemas(channels: readonly DocumentedChannel[]): Json {
  const schemas = ENTRY_KINDS.map((kind) => [nameOf(kind), schemaOf(ENTRY_SCHEMAS[kind])] as const);
  const settings = channels.map((channel) => [`${channel.name}Settings`, settingsSchema(channel)] as const);
  return Object.fromEntries([
    ...schemas.map(([name, schema]) => [
      name,
      name === 'Destination' ? destinationSchema(schema, channels) : schema,
    ]),
    ...settings,
  ]);
}

function destinationSchema(schema: Json, channels: readonly DocumentedChannel[]): Json {
  return {
    ...schema,
    properties: {
      ...(isObject(schema['properties']) && schema['properties']),
      channel: { enum: channels.map(({ name }) => name) },
      settings: { type: 'object' },
    },
    oneOf: channels.map(({ name }) => ({
      properties: { channel: { const: name }, settings: reference(`${name}Settings`) },
    })),
  };
}

function settingsSchema({ title, fields }: DocumentedChannel): Json {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    title,
    properties: Object.fromEntries(entries.map(([name, field]) => [name, fieldSchema(field)])),
    required: entries.filter(([, field]) => !field.optional).map(([name]) => name),
    additionalProperties: false,
  };
}

const TEXT = { type: 'string' } as const;

const KINDS: Readonly<Record<Field['kind'], Json>> = {
  text: TEXT,
  secret: TEXT,
  url: { type: 'string', format: 'uri' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  email: { type: 'string', format: 'email' },
  headers: { type: 'object', additionalProperties: { type: 'string' } },
};

function fieldSchema({ kind, about, secret, mayBeSecret, many, oneOf }: Field): Json {
  const plain = { ...KINDS[kind], ...(oneOf && { enum: oneOf }) };
  const one = secret ? schemaOf(secretRef) : mayBeSecret ? anyOf([plain, schemaOf(secretRef)]) : plain;
  return { ...(many ? { type: 'array', items: one, minItems: 1, maxItems: 10 } : one), description: about };
}

function catalogSchema(): Json {
  const lists = ENTRY_KINDS.map((kind) => {
    const item = { allOf: [reference(nameOf(kind)), { required: ['id'] }] };
    return [SECTIONS[kind], { type: 'array', items: item }] as const;
  });
  return { type: 'object', properties: Object.fromEntries(lists), additionalProperties: false };
}

/** Either member is enough; mail programs send the first. */
const LINK_ANSWER: Json = {
  type: 'object',
  properties: {
    'List-Unsubscribe': { const: 'One-Click', description: 'RFC 8058.' },
    action: { enum: ['acknowledge', 'unsubscribe', 'undo'] },
  },
};

const PROBLEM: Json = {
  type: 'object',
  description: 'RFC 9457.',
  required: ['type', 'title', 'status', 'instance'],
  properties: {
    type: { enum: Object.keys(PROBLEMS).map((slug) => `/problems/${slug}`) },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'Id of the request, also in x-request-id.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: { pointer: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

function pathsOf(operations: Readonly<Record<string, Operation>>): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [key, operation] of Object.entries(operations)) {
    const [method = '', path = ''] = key.split(' ');
    (paths[path] ??= {})[method.toLowerCase()] = operationOf(path, operation);
  }
  return paths;
}

const ANSWERS: Readonly<Record<number, string>> = {
  207: 'Results differ.',
  410: 'It has expired.',
  503: 'Send it again.',
};

function operationOf(path: string, { about, scope, query, bodies, form, statuses }: Operation): Json {
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: TEXT,
    })),
    ...(query ?? []).map((name) => ({ name, in: 'query', schema: TEXT })),
  ];
  return {
    summary: about,
    ...(scope ? { description: `Scope: ${scope}.` } : { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(bodies && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: anyOf(bodies.map(reference)) } },
      },
    }),
    ...(form && { requestBody: { required: true, content: formContent(form) } }),
    responses: {
      ...Object.fromEntries(statuses.map((status) => [status, { description: ANSWERS[status] ?? 'Done.' }])),
      default: {
        description: 'A problem.',
        content: { 'application/problem+json': { schema: reference('Problem') } },
      },
    },
  };
}

/** Mail programs may choose (RFC 8058 3.2). */
function formContent(name: string): Json {
  const schema = reference(name);
  return { 'application/x-www-form-urlencoded': { schema }, 'multipart/form-data': { schema } };
}

function anyOf(schemas: readonly Json[]): Json {
  const [only] = schemas;
  return only && schemas.length === 1 ? only : { anyOf: schemas };
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
