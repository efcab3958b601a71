import * as z from 'zod/mini';
import type { Parsed } from './catalog-input.ts';
import { NAME_RULE } from './name-input.ts';
import { NAME } from './event.ts';
import { describeInput } from './input-words.ts';
import type { PauseTarget } from './pause.ts';

const name = z.string().check(z.regex(NAME, `write a name: ${NAME_RULE}`));

export const pauseInput = z.strictObject({
  destination: z.exactOptional(name),
  channel: z.exactOptional(name),
  tenant: z.exactOptional(z.literal(true, 'write true, or leave it out')),
  reason: z.exactOptional(
    z.string().check(z.minLength(1), z.maxLength(200), z.describe('For people who wonder later.')),
  ),
});

export interface PauseInput {
  readonly target: PauseTarget;
  readonly reason?: string;
}

/** Reads the body of a pause: exactly one of a destination, a channel and the whole tenant. */
export function parsePauseInput(value: unknown): Parsed<PauseInput> {
  const parsed = pauseInput.safeParse(value, { reportInput: true });
  if (!parsed.success)
    return { ok: false, issues: describeInput(parsed.error, '', Object.keys(pauseInput.shape)) };
  const { destination, channel, tenant, reason } = parsed.data;
  const targets: PauseTarget[] = [
    ...(destination === undefined ? [] : [{ destination }]),
    ...(channel === undefined ? [] : [{ channel }]),
    ...(tenant === undefined ? [] : [{ tenant }]),
  ];
  const [target, ...more] = targets;
  if (!target || more.length > 0) {
    const detail = 'name one of destination, channel and tenant: true';
    return { ok: false, issues: [{ pointer: '', code: 'invalid', detail }] };
  }
  return { ok: true, value: { target, ...(reason !== undefined && { reason }) } };
}
