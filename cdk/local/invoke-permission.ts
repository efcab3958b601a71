import { matches } from './policy.ts';
import type { PermissionSpec, RouteSpec } from './stack-model.ts';

/** Whether the API may call the function of a route; without a permission API Gateway answers 500. */
export function mayInvoke({ target, arn }: RouteSpec, permissions: readonly PermissionSpec[]): boolean {
  return permissions.some((permission) => permission.target === target && matches(permission.sourceArn, arn));
}
