import { type Lookup, type Resource, type Template, resolve } from './intrinsics.ts';

/** A statement of an identity policy, everything resolved. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/**
 * Decides like IAM: a matching Deny ends it, then one matching Allow is enough, else no. Actions match
 * without regard to case, `*` and `?` are wild in both.
 */
export function isAllowed(statements: readonly Statement[], action: string, resource: string): boolean {
  const speaksOf = ({ actions, resources }: Statement): boolean =>
    actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    resources.some((pattern) => matches(pattern, resource));
  const relevant = statements.filter(speaksOf);
  return relevant.length > 0 && relevant.every(({ effect }) => effect === 'Allow');
}

/** Linear in both lengths but for the last star, which is all a glob needs. */
function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Everything the template lets a role do: its inline policies and the policy resources attached to it. */
export function statementsOf(roleId: string, template: Template, lookup: Lookup): readonly Statement[] {
  const role = template.Resources[roleId];
  if (role?.Type !== 'AWS::IAM::Role') throw new Error(`${roleId} is not a role`);
  const managed = resolve(role.Properties?.['ManagedPolicyArns'], lookup);
  if (managed !== undefined)
    throw new Error(`the local stack cannot check the managed policies of ${roleId}`);
  const inline = list(role.Properties?.['Policies']).map((policy) => (policy as Attached).PolicyDocument);
  const attached = Object.values(template.Resources)
    .filter((resource) => isAttached(resource, roleId))
    .map((resource) => resource.Properties?.['PolicyDocument']);
  return [...inline, ...attached].flatMap((document) => readDocument(resolve(document, lookup)));
}

interface Attached {
  readonly PolicyDocument: unknown;
}

function isAttached({ Type, Properties }: Resource, roleId: string): boolean {
  if (Type !== 'AWS::IAM::Policy') return false;
  return list(Properties?.['Roles']).some((role) => (role as { Ref?: string }).Ref === roleId);
}

function readDocument(document: unknown): Statement[] {
  return list((document as { Statement?: unknown }).Statement).map((given) => {
    const { Effect, Action, Resource: resource, ...rest } = given as Record<string, unknown>;
    const unknown = Object.keys(rest).filter((name) => name !== 'Sid');
    if (unknown.length > 0) throw new Error(`the local stack cannot check ${unknown.join(', ')} of a policy`);
    return {
      effect: Effect === 'Deny' ? 'Deny' : 'Allow',
      actions: list(Action).map(String),
      resources: list(resource).map(String),
    };
  });
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
