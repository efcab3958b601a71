import * as z from 'zod/mini';
import { compileWhen, WhenError } from './when.ts';
import { MAX_WHEN } from './when/read-when.ts';

/** The expression of a route as people write it. */
export const whenInput = z.string('write a text such as severity >= "error"').check(
  (context) => {
    try {
      compileWhen(context.value);
    } catch (error) {
      if (!(error instanceof WhenError)) throw error;
      context.issues.push({ code: 'custom', input: context.value, message: error.message });
    }
  },
  z.meta({
    description: `Expression over the members of an event, at most ${MAX_WHEN} characters: severity >= "error" && data.env == "prod".`,
  }),
);
