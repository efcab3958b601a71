import type { Statement } from './policy.ts';
import type { Resources } from './template-resources.ts';
import * as shapes from './template-shapes.ts';

/** Everything a role may do, by its name: its inline policies and the policy resources attached to it. */
export function statementsByRole(all: Resources): ReadonlyMap<string, readonly Statement[]> {
  const policies = all('AWS::IAM::Policy', shapes.Policy).map(({ value }) => value);
  return new Map(
    all('AWS::IAM::Role', shapes.Role).map(({ name, value }) => {
      const attached = policies.filter(({ Roles }) => Roles.includes(name));
      const documents = [...value.Policies, ...attached].map(({ PolicyDocument }) => PolicyDocument);
      const statements = documents.flatMap(({ Statement }) => Statement);
      return [
        name,
        statements.map(({ Effect, Action, Resource }) => ({
          effect: Effect,
          actions: Action,
          resources: Resource,
        })),
      ];
    }),
  );
}
