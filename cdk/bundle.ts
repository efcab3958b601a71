import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Metafile, type Plugin, build } from 'esbuild';
import { httpShim, leanSdk } from './bundle-plugins.ts';
import { BUNDLE_NAMES } from './functions.ts';

const ROOT = join(import.meta.dirname, '..');

/** The same for every function: it loads the bundle that lies beside it. */
const SAMPLED = join(ROOT, 'functions/sampled.ts');

/** ESM has no `require`, which CommonJS packages inside a bundle still call for Node's own modules. */
const REQUIRE = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

export interface BundleOptions {
  /** Default `dist`. It is emptied first. */
  readonly outdir?: string;
  /** Folder of the sources, `<name>.ts` each. Default `functions`. */
  readonly from?: string;
  readonly names?: readonly string[];
  /** Puts a handler beside each bundle that profiles some of its runs. Default: false. */
  readonly sampled?: boolean;
  /** Default `esm`. The other one, and other plugins, are there to be measured against it. */
  readonly format?: 'esm' | 'cjs';
  readonly plugins?: readonly Plugin[];
}

/**
 * Bundles the functions: what is tested, run locally and deployed are the same files. esbuild's metafile is
 * written beside the folder, never into it, so that it is not deployed.
 */
export async function bundle(options: BundleOptions = {}): Promise<Metafile> {
  const { outdir = join(ROOT, 'dist'), from = join(ROOT, 'functions'), names = BUNDLE_NAMES } = options;
  const { format = 'esm', plugins = [httpShim, leanSdk], sampled = false } = options;
  const sources = names.map((name) => ({ name, path: join(from, `${name}.ts`) }));
  const missing = sources.filter(({ path }) => !existsSync(path));
  if (missing.length > 0)
    throw new Error(`nothing to bundle at ${missing.map(({ path }) => path).join(', ')}`);
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: Object.fromEntries([
      ...sources.map(({ name, path }) => [`${name}/index`, path]),
      ...(sampled ? names.map((name) => [`${name}/sampled`, SAMPLED]) : []),
    ]),
    outdir,
    outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format,
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    banner: { js: format === 'esm' ? REQUIRE : '' },
    plugins: [...plugins],
  });
  await writeFile(`${outdir.replace(/\/$/, '')}.meta.json`, JSON.stringify(metafile));
  return metafile;
}

if (import.meta.main) await bundle();
