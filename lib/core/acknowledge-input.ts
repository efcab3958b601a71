import * as z from 'zod/mini';

export const acknowledgeInput = z.strictObject({
  by: z.exactOptional(
    z.string('write a name').check(z.minLength(1), z.maxLength(200), z.describe('Who takes care of it.')),
  ),
});

export type Acknowledgement = z.output<typeof acknowledgeInput>;
