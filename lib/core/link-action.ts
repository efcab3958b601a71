import type { LinkPurpose } from './link.ts';
import { mediaTypeOf } from './media-type.ts';
import { ProblemError, problem } from './problem.ts';

/** What may be posted to a link. */
export type LinkAction = 'acknowledge' | 'unsubscribe' | 'undo';

const ACTIONS: Readonly<Record<LinkPurpose, readonly LinkAction[]>> = {
  acknowledge: ['acknowledge'],
  unsubscribe: ['unsubscribe', 'undo'],
};

const MAX_BYTES = 4_096;
/** `List-Unsubscribe=One-Click` as a part of a form (RFC 7578): its header lines, an empty line, its value. */
const ONE_CLICK_PART = /;[ \t]*name="?List-Unsubscribe"?[ \t]*\r?\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\r?\n/i;

/**
 * What a request to a link asks for: a form of its page, or the one click of a mail program, which comes as either
 * kind of form (RFC 8058 3.2).
 */
export function readLinkAction(
  purpose: LinkPurpose,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array },
): LinkAction {
  if (headers['content-encoding'] !== undefined) throw new ProblemError(problem('unsupported-encoding'));
  if (body.length > MAX_BYTES) throw new ProblemError(problem('payload-too-large', 'At most 4 KiB.'));
  const { type } = mediaTypeOf(headers['content-type']);
  const text = Buffer.from(body).toString();
  const action = actionIn(type, text);
  if (action === undefined) throw new ProblemError(problem('unsupported-media-type', 'Send a form.'));
  const found = ACTIONS[purpose].find((one) => one === action);
  if (found === undefined)
    throw new ProblemError(problem('validation', `Send action=${ACTIONS[purpose].join(' or action=')}.`));
  return found;
}

/** `undefined`: it is no form; an empty text: the form says nothing. */
function actionIn(type: string, text: string): string | undefined {
  if (type === 'multipart/form-data') return ONE_CLICK_PART.test(text) ? 'unsubscribe' : '';
  if (type !== 'application/x-www-form-urlencoded') return undefined;
  const form = new URLSearchParams(text);
  return form.get('List-Unsubscribe') === 'One-Click' ? 'unsubscribe' : (form.get('action') ?? '');
}
