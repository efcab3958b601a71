import * as z from 'zod/mini';
import { MAX_RECIPIENTS, NAME } from './event.ts';
import { isTopicPattern } from './topic.ts';

export const NAME_RULE = '1 to 63 characters of a-z, 0-9, "_" and "-", beginning with a letter or a digit';

export const nameInput = z
  .string(`write a name: ${NAME_RULE}`)
  .check(z.regex(NAME, `write a name: ${NAME_RULE}`));

const topic = z
  .string()
  .check(
    z.refine(isTopicPattern, 'write a topic ("orders.paid"), "*" for all, or "orders.*" for all below it'),
  );

export const destinationNames = z.array(nameInput).check(z.minLength(1), z.maxLength(100));

export const recipientNames = z
  .array(nameInput)
  .check(z.minLength(1), z.maxLength(MAX_RECIPIENTS), z.describe('Ids of people and teams.'));

export const topicPatterns = z.array(topic).check(z.minLength(1), z.maxLength(100));

/** More than somebody comes to who unsubscribes from one thing after the other: a mail that says so has to keep its word. */
export const MAX_UNSUBSCRIBED = 1_000;

export const unsubscribedPatterns = z.array(topic).check(z.minLength(1), z.maxLength(MAX_UNSUBSCRIBED));
