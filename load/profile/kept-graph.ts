import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fileId } from '../../lib/platform/file-id.ts';
import { addCpuProfile } from './frames.ts';
import { graph } from './graph.ts';
import type { KeptProfile } from './kept.ts';
import { type CallFrame, createSourceNames } from './source-names.ts';
import { timeText } from './summary.ts';

interface Opening {
  /** Where they were, for the title. */
  readonly what: string;
  /** Folder that the graph goes to. */
  readonly dir: string;
  /** Folder of the bundles, with their source maps. */
  readonly bundles: string;
}

/** One graph and one table of profiles that were kept, however many there are. */
export async function graphOfKept(
  all: readonly KeptProfile[],
  { what, dir, bundles }: Opening,
): Promise<string[]> {
  const names = createSourceNames();
  const where = `${all.length} ${all.length === 1 ? 'profile' : 'profiles'} of ${what}`;
  const found = all.map((one) => ({ ...one, thread: { label: one.label } }));
  const subject = { kind: 'cpu', unit: 'µs', amount: timeText, dir, what, where } as const;
  const lines = graph(found, subject, (frame, { profile, code }) =>
    addCpuProfile(frame, profile, (call) => names(code ? atHome(call, join(bundles, code.bundle)) : call)),
  );
  return [...lines, ...(await strangers(all, bundles))];
}

/** A function of Lambda is in `/var/task` there, one of the local stack where it still may be. */
function atHome(call: CallFrame, folder: string): CallFrame {
  const [, name] = /^file:.*\/((?:index|sampled)\.mjs)$/.exec(call.url) ?? [];
  if (name === undefined || existsSync(fileURLToPath(call.url))) return call;
  return { ...call, url: pathToFileURL(join(folder, name)).href };
}

/** Names are read from the bundles that lie here: of other code they would be wrong. */
async function strangers(all: readonly KeptProfile[], bundles: string): Promise<string[]> {
  const wanted = new Map(
    all.flatMap(({ code }) => (code ? [[`${code.bundle} ${code.id}`, code] as const] : [])),
  );
  const lines: string[] = [];
  for (const { bundle, id } of wanted.values()) {
    const file = join(bundles, bundle, 'index.mjs');
    if (existsSync(file) && (await fileId(file)) === id) continue;
    lines.push(
      `Made by other code than ${file}, so names may be wrong: build what is deployed, and open it again.`,
    );
  }
  return [...new Set(lines)];
}
