import * as z from 'zod/mini';
import { physicalName } from './aws-names.ts';
import { type Lookup, type Template, resolve } from './intrinsics.ts';

/** zod/mini is silent unless it is given words. */
const inWords = z.locales.en().localeError;

/** A resource, resolved and checked. */
export interface Read<T> {
  /** Logical id. */
  readonly id: string;
  /** Physical name. */
  readonly name: string;
  readonly value: T;
}

/** All resources of a type. Throws for one of another shape, naming it. */
export type Resources = <S extends z.ZodMiniType>(type: string, shape: S) => Read<z.output<S>>[];

export function resourcesOf(template: Template, lookup: Lookup): Resources {
  return (type, shape) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, resource]) => {
        const parsed = shape.safeParse(resolve(resource.Properties ?? {}, lookup), { error: inWords });
        if (!parsed.success) {
          throw new Error(`the local stack cannot run ${id} (${type}):\n${z.prettifyError(parsed.error)}`);
        }
        return { id, name: physicalName(id, resource, lookup), value: parsed.data };
      });
}
