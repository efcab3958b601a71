import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where V8 says that a function is: line and column count from 0. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** The same in the words of the sources. */
export interface SourceName {
  readonly name: string;
  /** `lib/core/route.ts:31`, `@smithy/core/dist-es/index.js:7`, `node:internal/timers:12`, or nothing. */
  readonly source: string;
}

interface Bundle {
  readonly map: SourceMap;
  readonly lines: readonly string[];
  readonly folder: string;
}

const ROOT = join(import.meta.dirname, '../..');
/** So far before its parameters the name of a function is looked for, in a bundle without spaces. */
const NAME_WITHIN = 80;

/** Reads names of functions back through the source maps that lie beside bundles. */
export function createSourceNames(root = ROOT): (frame: CallFrame) => SourceName {
  const bundles = new Map<string, Bundle | undefined>();
  return ({ functionName, url, lineNumber, columnNumber }) => {
    const own = functionName === '' ? '(anonymous)' : functionName;
    if (!url.startsWith('file:')) return { name: own, source: url === '' ? '' : `${url}:${lineNumber + 1}` };
    const path = fileURLToPath(url);
    if (!bundles.has(path)) bundles.set(path, readBundle(path));
    const bundle = bundles.get(path);
    if (!bundle) return { name: own, source: `${shortPath(path, root)}:${lineNumber + 1}` };
    const { map, lines, folder } = bundle;
    const entry = map.findEntry(lineNumber, columnNumber);
    if (!('originalSource' in entry)) return { name: own, source: shortPath(path, root) };
    const source = shortPath(resolve(folder, entry.originalSource), root);
    const named = originalName(bundle.map, lines[lineNumber] ?? '', {
      functionName,
      lineNumber,
      columnNumber,
    });
    return { name: named ?? own, source: `${source}:${entry.originalLine + 1}` };
  };
}

/** What a function was called before its name was shortened: its name stands right before its parameters. */
function originalName(
  map: SourceMap,
  line: string,
  { functionName, lineNumber, columnNumber }: Omit<CallFrame, 'url'>,
): string | undefined {
  if (functionName === '') return undefined;
  const last = functionName.slice(functionName.lastIndexOf('.') + 1);
  const at = line.lastIndexOf(last, columnNumber);
  if (at < 0 || columnNumber - at > NAME_WITHIN) return undefined;
  // Its types know no names.
  const entry: ReturnType<SourceMap['findEntry']> & { readonly name?: string } = map.findEntry(
    lineNumber,
    at,
  );
  return 'originalSource' in entry && entry.generatedColumn === at ? entry.name : undefined;
}

function readBundle(path: string): Bundle | undefined {
  const mapPath = `${path}.map`;
  if (!existsSync(mapPath)) return undefined;
  const map = new SourceMap(
    JSON.parse(readFileSync(mapPath, 'utf8')) as ConstructorParameters<typeof SourceMap>[0],
  );
  return { map, lines: readFileSync(path, 'utf8').split('\n'), folder: dirname(mapPath) };
}

/** A path for people: within the project, or within its package. */
function shortPath(path: string, root: string): string {
  const at = path.lastIndexOf('/node_modules/');
  return at >= 0 ? path.slice(at + '/node_modules/'.length) : relative(root, path);
}
