import type { Forwarded } from './forward.ts';
import type { WriteResult } from './write-units.ts';

/** How each write of a call ended. A batch of statements has errors inside its 200. */
export function writeResults({ status, body }: Forwarded): (index: number) => WriteResult {
  if (status !== 200) {
    const conflict = /ConditionalCheckFailed|DuplicateItem/.test(body.toString());
    return () => (conflict ? 'conflict' : 'failed');
  }
  if (!body.includes('"Error"')) return () => 'written';
  const { Responses = [] } = JSON.parse(body.toString()) as { Responses?: { Error?: { Code?: string } }[] };
  return (index) => {
    const code = Responses[index]?.Error?.Code;
    if (code === undefined) return 'written';
    return code === 'ConditionalCheckFailed' || code === 'DuplicateItem' ? 'conflict' : 'failed';
  };
}
