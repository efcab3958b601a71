import * as z from 'zod/mini';
import { EVENT_MEMBERS } from './event.ts';
import { objectsIn } from './is-object.ts';
import { nearest } from './nearest.ts';
import { compilePattern, type Pattern, PatternError } from './pattern.ts';

/** The pattern of a route as people write it. Its first names are members of an event, or it would match nothing. */
export const matchInput = z.custom<Pattern>().check(
  (context) => {
    for (const { path, detail } of faultsOf(context.value))
      context.issues.push({ code: 'custom', input: context.value, path: [...path], message: detail });
  },
  z.meta({
    type: 'object',
    description: 'Event pattern in the language of Amazon EventBridge, over the members of an event.',
  }),
);

function faultsOf(pattern: Pattern): readonly Pick<PatternError, 'path' | 'detail'>[] {
  try {
    compilePattern(pattern);
    return unknownIn(pattern, []);
  } catch (error) {
    if (error instanceof PatternError) return [error];
    throw error;
  }
}

function unknownIn(pattern: Pattern, path: PatternError['path']): Pick<PatternError, 'path' | 'detail'>[] {
  return Object.entries(pattern).flatMap(([name, inner]) => {
    const here = [...path, name];
    if (name === '$or')
      return objectsIn(inner).flatMap((branch, index) => unknownIn(branch, [...here, index]));
    const [first = ''] = name.split('.');
    if (EVENT_MEMBERS.some((member) => member === first)) return [];
    return [{ path: here, detail: `an event has no such member; ${nearest(first, EVENT_MEMBERS)}` }];
  });
}
