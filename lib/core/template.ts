import type { Event } from './event.ts';
import { LINK_PURPOSES } from './link.ts';
import type { Links } from './links.ts';

/** Largest template, in bytes of UTF-8. */
export const MAX_TEMPLATE_BYTES = 8 * 1024;
/** A template repeats values, so its output needs a bound of its own, in UTF-16 units. */
const MAX_OUTPUT = 64 * 1024;

/** The members of an event that a placeholder may begin with. */
export const VARIABLES = ['id', 'topic', 'time', 'source', 'subject', 'severity', 'data'] as const;

const FORBIDDEN = new Set(['__proto__', 'prototype', 'constructor']);
/** The placeholders of links. */
const LINKS: ReadonlyMap<string, readonly string[]> = new Map(
  LINK_PURPOSES.map((purpose) => [`links.${purpose}`, ['links', purpose]]),
);
const SEGMENT = /^[A-Za-z0-9_/-]+$/;

/** A template that cannot be used; the message says which placeholder and what to write. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** What the placeholders of a template may stand for. */
export interface TemplateValues extends Event {
  readonly links?: Links | undefined;
}

/** Fills a template from an event: plain text, which a channel escapes for its provider. */
export type Fill = (values: TemplateValues) => string;

/**
 * Compiles logic-less text: `{{path}}` stands for a member of the event, looked up by own properties only,
 * or for one of its links; what is absent becomes nothing. No loops, conditions or functions. Throws `TemplateError`.
 */
export function compileTemplate(text: string): Fill {
  if (Buffer.byteLength(text) > MAX_TEMPLATE_BYTES)
    throw new TemplateError('the template is longer than 8 KiB');
  const { head, parts } = partsOf(text);
  return (values) => {
    let output = head;
    for (const { path, tail } of parts) {
      output += textOf(lookUp(values, path)) + tail;
      if (output.length > MAX_OUTPUT) return output.slice(0, MAX_OUTPUT);
    }
    return output;
  };
}

/** What of an event a template names, in the order of writing. Throws `TemplateError`. */
export function pathsOf(text: string): string[] {
  return partsOf(text)
    .parts.map(({ path }) => path.join('.'))
    .filter((path) => !LINKS.has(path));
}

function partsOf(text: string) {
  const [head = '', ...rest] = text.split('{{');
  const parts = rest.map((part) => {
    const end = part.indexOf('}}');
    if (end < 0) throw new TemplateError(`"{{${part.slice(0, 40)}" is not closed with "}}"`);
    const path = part.slice(0, end).trim();
    return { path: LINKS.get(path) ?? parsePath(path), tail: part.slice(end + 2) };
  });
  return { head, parts };
}

/** Whether what a text says differs by the links of its reader. */
export function namesLinks(text: string): boolean {
  return [...LINKS.keys()].some((path) => text.includes(path));
}

/** Looks up a member of an event by its path, `data.order.id`. Throws `TemplateError`. */
export function compilePath(text: string): (event: Event) => unknown {
  const path = parsePath(text);
  return (event) => lookUp(event, path);
}

function parsePath(text: string): readonly string[] {
  const shown = `"{{${text.slice(0, 40)}}}"`;
  const path = text.split('.');
  if (!path.every((segment) => SEGMENT.test(segment))) {
    throw new TemplateError(`${shown} is not a path; a template has no loops, conditions or functions`);
  }
  if (path.some((segment) => FORBIDDEN.has(segment))) throw new TemplateError(`${shown} is not allowed`);
  if (!(VARIABLES as readonly (string | undefined)[]).includes(path[0])) {
    const links = path[0] === 'links' ? `; links are ${[...LINKS.keys()].join(', ')}` : '';
    throw new TemplateError(`${shown} is not known; begin with one of ${VARIABLES.join(', ')}${links}`);
  }
  return path;
}

/** A name may itself hold dots (`app.kubernetes.io/name`): the whole rest of the path is tried first. */
function lookUp(value: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const whole = path.join('.');
  if (Object.hasOwn(value, whole)) return Reflect.get(value, whole);
  const [name = '', ...rest] = path;
  return Object.hasOwn(value, name) ? lookUp(Reflect.get(value, name), rest) : undefined;
}

/** How a value reads inside a text: lists by commas, objects as JSON, nothing for null. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.join(', ');
  return JSON.stringify(value);
}
