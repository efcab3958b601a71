import type { Forwarded } from './forward.ts';
import type { WriteResult } from './write-units.ts';

interface StatementResults {
  readonly Responses?: readonly { readonly Error?: { readonly Code?: string } }[];
}

/** How each write of a call ended. A batch of statements has errors inside its 200. */
export function writeResults({ status, body }: Forwarded): (index: number) => WriteResult {
  if (status !== 200) {
    const conflict = /ConditionalCheckFailed|DuplicateItem/.test(body.toString());
    return () => (conflict ? 'conflict' : 'failed');
  }
  if (!body.includes('"Error"')) return () => 'written';
  const { Responses = [] }: StatementResults = JSON.parse(body.toString());
  return (index) => {
    const code = Responses[index]?.Error?.Code;
    if (code === undefined) return 'written';
    return code === 'ConditionalCheckFailed' || code === 'DuplicateItem' ? 'conflict' : 'failed';
  };
}
