import * as z from 'zod/mini';
import type { RouteOptions, Subroute } from './catalog.ts';
import { digestInput, groupInput } from './hold-input.ts';
import { matchInput } from './match-input.ts';
import { destinationNames, nameInput, recipientNames, topicPatterns } from './name-input.ts';
import { whenInput } from './when-input.ts';
import { windowInput } from './window-input.ts';

const MAX_MUTES = 20;
const mute = z
  .array(windowInput)
  .check(
    z.minLength(1),
    z.maxLength(MAX_MUTES),
    z.describe(
      'While one of these is open, what the route would send is kept back; the end of an alert is not.',
    ),
  );

const MIN_STEP_MS = 60_000;
const MAX_STEP_MS = 86_400_000;
const MAX_STEPS = 10;
const escalate = z
  .strictObject({
    steps: z
      .array(
        z.strictObject({
          afterMs: z
            .int(`write a whole number of milliseconds, ${MIN_STEP_MS} to ${MAX_STEP_MS}`)
            .check(z.gte(MIN_STEP_MS), z.lte(MAX_STEP_MS)),
          destinations: destinationNames,
        }),
      )
      .check(z.minLength(1), z.maxLength(MAX_STEPS)),
    repeat: z.exactOptional(z.int('write a whole number, 0 to 20').check(z.gte(0), z.lte(20))),
  })
  .check(
    z.describe('Whom to tell next, step by step, until somebody acknowledges the event or it is resolved.'),
  );

/** Levels of routes within routes, the outermost counted. */
export const MAX_ROUTE_DEPTH = 5;

/** What routes say at any depth. */
export const ROUTE_MEMBERS = {
  topics: z.exactOptional(topicPatterns),
  match: z.exactOptional(matchInput),
  when: z.exactOptional(whenInput),
  destinations: z.exactOptional(destinationNames),
  recipients: z.exactOptional(recipientNames),
  template: z.exactOptional(nameInput),
  mute: z.exactOptional(mute),
  escalate: z.exactOptional(escalate),
  group: z.exactOptional(groupInput),
  digest: z.exactOptional(digestInput),
  continue: z.exactOptional(z.boolean()),
};

export const ONE_GATHERING = z.refine<Partial<RouteOptions>>(({ group, digest }) => !group || !digest, {
  path: ['digest'],
  error: 'leave it out, or group: a route does one of both',
});

/** Routes within a route, on so many levels. */
export function subroutes(levels: number): z.ZodMiniType<readonly Subroute[]> {
  const subroute = z
    .strictObject({
      id: nameInput,
      ...ROUTE_MEMBERS,
      routes: z.exactOptional(
        levels > 1 ? subroutes(levels - 1) : z.never(`write at most ${MAX_ROUTE_DEPTH} levels of routes`),
      ),
    })
    .check(ONE_GATHERING);
  return z.array(subroute).check(z.minLength(1), z.maxLength(100));
}
