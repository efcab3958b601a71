import { isObject } from '../../lib/core/is-object.ts';

/** A CloudFormation template, as far as the local stack reads it. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
}

export type Properties = Readonly<Record<string, unknown>>;

/** What `Ref` (without an attribute) and `Fn::GetAtt` give for a logical id or a pseudo parameter. */
export type Lookup = (name: string, attribute?: string) => string | undefined;

/**
 * Resolves intrinsic functions in a value of the template: `Ref`, `Fn::GetAtt`, `Fn::Join`, `Fn::Sub`,
 * `Fn::Select`, `Fn::Split`. Throws for any other, and for a reference `lookup` does not know.
 */
export function resolve(value: unknown, lookup: Lookup): unknown {
  if (Array.isArray(value))
    return value.map((member) => resolve(member, lookup)).filter((m) => m !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const members: [string, unknown][] = Object.entries(value);
  const [[name, argument] = ['']] = members;
  if (members.length === 1 && (name === 'Ref' || name.startsWith('Fn::')))
    return call(name, argument, lookup);
  const resolved = members.map(([key, member]) => [key, resolve(member, lookup)] as const);
  return Object.fromEntries(resolved.filter(([, member]) => member !== undefined));
}

function call(name: string, argument: unknown, lookup: Lookup): unknown {
  switch (name) {
    case 'Ref':
      return argument === 'AWS::NoValue' ? undefined : known(lookup, String(argument));
    case 'Fn::GetAtt':
      return getAttribute(argument, lookup);
    case 'Fn::Join': {
      const [separator, parts] = list(name, resolve(argument, lookup));
      return list(name, parts).join(String(separator));
    }
    case 'Fn::Sub':
      return substitute(argument, lookup);
    case 'Fn::Select': {
      const [index, members] = list(name, resolve(argument, lookup));
      return list(name, members)[Number(index)];
    }
    case 'Fn::Split': {
      const [separator, text] = list(name, resolve(argument, lookup));
      return String(text).split(String(separator));
    }
    default:
      throw new Error(`the local stack cannot resolve ${name}`);
  }
}

function getAttribute(argument: unknown, lookup: Lookup): string {
  const [id, ...attribute] =
    typeof argument === 'string' ? argument.split('.') : list('Fn::GetAtt', argument);
  return known(lookup, String(id), attribute.join('.'));
}

function substitute(argument: unknown, lookup: Lookup): string {
  const [text, values] = Array.isArray(argument) ? argument : [argument, {}];
  const resolved = resolve(values, lookup);
  const own = isObject(resolved) ? resolved : {};
  return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (name in own) return String(own[name]);
    const [id = '', ...attribute] = name.split('.');
    return attribute.length > 0 ? known(lookup, id, attribute.join('.')) : known(lookup, id);
  });
}

function known(lookup: Lookup, name: string, attribute?: string): string {
  const value = lookup(name, attribute);
  if (value !== undefined) return value;
  throw new Error(`the local stack does not know ${attribute ? `${name}.${attribute}` : name}`);
}

function list(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${name} wants a list`);
}
