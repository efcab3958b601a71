import * as z from 'zod/mini';
import { VARIABLES, compilePath } from './template.ts';

const MAX_PATH = 200;

/** The path of a member of an event, as people write it. */
export const eventPath = z.string().check(
  (context) => {
    try {
      compilePath(context.value);
    } catch {
      const message = `write the path of a member of the event, beginning with ${VARIABLES.join(', ')}`;
      context.issues.push({ code: 'custom', input: context.value, message });
    }
  },
  z.maxLength(MAX_PATH),
  z.meta({ description: 'Path of a member of the event, such as subject or data.orderId.' }),
);
