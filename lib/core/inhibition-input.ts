import * as z from 'zod/mini';
import { matchInput } from './match-input.ts';
import { topicPatterns } from './name-input.ts';
import { whenInput } from './when-input.ts';

const MAX_LABELS = 20;

/** Which events a rule is about. */
const wanted = z
  .strictObject({
    topics: z.exactOptional(topicPatterns),
    match: z.exactOptional(matchInput),
    when: z.exactOptional(whenInput),
  })
  .check(
    z.refine(
      ({ topics, match, when }) => topics !== undefined || match !== undefined || when !== undefined,
      'say what is meant: topics, match or when',
    ),
  );

const label = z.string('write the name of a label').check(z.minLength(1), z.maxLength(255));

/** A rule of inhibition as people write it. */
export const inhibitionInput = z.strictObject({
  source: wanted,
  target: wanted,
  equal: z.exactOptional(
    z
      .array(label)
      .check(z.minLength(1), z.maxLength(MAX_LABELS), z.describe('Labels that both have in common.')),
  ),
});
