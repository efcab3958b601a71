import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Received } from './inbox.ts';

/** The inbox on disk, one line a message: what was received outlives the twin, however it ends. */
export interface Journal {
  /** What was received before, in order. */
  readonly read: () => Received[];
  readonly append: (received: Received) => void;
  readonly clear: () => void;
  readonly close: () => void;
}

/** Opens a journal, made when absent. A line that was cut off by a crash is left out. */
export function openJournal(file: string): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const descriptor = openSync(file, 'a');
  return {
    read: () => before.split('\n').flatMap(parse),
    // Written at once: a killed process loses nothing that it handed to the system.
    append: ({ raw, ...rest }) =>
      appendFileSync(descriptor, `${JSON.stringify({ ...rest, raw: raw.toString('base64') })}\n`),
    clear: () => ftruncateSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

function parse(line: string): Received[] {
  try {
    const { raw, ...rest }: Omit<Received, 'raw'> & { raw: string } = JSON.parse(line);
    return [{ ...rest, raw: Buffer.from(raw, 'base64') }];
  } catch {
    return [];
  }
}
