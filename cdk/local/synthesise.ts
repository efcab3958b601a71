import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { registry } from '../../lib/registry.ts';
import { fingerprint } from './fingerprint.ts';
import type { Template } from './intrinsics.ts';

/** Where nothing costs anything, every channel is there, unless the settings say which. */
const ALL = [...registry.keys()];
const ROOT = join(import.meta.dirname, '..', '..');

/** A synthesised stack. */
export interface Synthesised {
  readonly template: Template;
  readonly stackName: string;
  /** Folder of the template's assets. */
  readonly assets: string;
}

export interface SynthesiseOptions {
  /** Default: `cdk.out` of this project. */
  readonly outdir?: string | undefined;
  /** Take what lies there already. Default: false. */
  readonly reuse?: boolean | undefined;
  /** Deployment settings over those of `cdk.json`; a folder of its own goes with them. */
  readonly settings?: object | undefined;
}

/**
 * Bundles the functions and synthesises the stack, as a deployment does, and reads the result. What was made of
 * the very same sources before is taken as it is: a start costs no build unless something has changed.
 */
export async function synthesise({
  outdir = join(ROOT, 'cdk.out'),
  reuse = false,
  settings = {},
}: SynthesiseOptions = {}): Promise<Synthesised> {
  if (!isUsable(outdir, reuse, settings)) await build(outdir, settings);
  const { artifacts }: Manifest = readJson(join(outdir, 'manifest.json'));
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (!stack || stacks.length > 1)
    throw new Error(`the local stack runs one stack, ${outdir} has ${stacks.length}`);
  const [stackName, { properties }] = stack;
  const template: Template = readJson(join(outdir, properties?.templateFile ?? ''));
  return { template, stackName, assets: outdir };
}

interface Manifest {
  readonly artifacts: Readonly<Record<string, Artifact>>;
}

interface Artifact {
  readonly type: string;
  readonly properties?: { readonly templateFile?: string };
}

function isUsable(outdir: string, reuse: boolean, settings: object): boolean {
  if (!existsSync(join(outdir, 'manifest.json'))) return false;
  const stamp = join(outdir, STAMP);
  return reuse || (existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(outdir, sourcesOf(settings)));
}

async function build(outdir: string, settings: object): Promise<void> {
  // Taken before: what is changed meanwhile may or may not be in.
  const sources = sourcesOf(settings);
  await synth(outdir, settings);
  writeFileSync(join(outdir, STAMP), stampOf(outdir, sources));
}

const STAMP = 'fanfare.stamp';

function sourcesOf(settings: object): string {
  return `${fingerprint(ROOT)} ${JSON.stringify(settings)}`;
}

/** Names the sources and what we made of them: `cdk synth` writes to the same folder, with options of its own. */
function stampOf(outdir: string, sources: string): string {
  return `${sources} ${statSync(join(outdir, 'manifest.json')).mtimeMs}`;
}

async function synth(outdir: string, settings: object): Promise<void> {
  const { app, context }: { app: string; context?: { fanfare?: object } } = readJson(join(ROOT, 'cdk.json'));
  const [, ...args] = app.split(' ');
  const fanfare = { channels: ALL, ...context?.fanfare, ...settings };
  try {
    await promisify(execFile)(process.execPath, args, {
      cwd: ROOT,
      // The rules are checked by `npm run synth`; here they would cost each start some seconds.
      env: {
        ...process.env,
        CDK_OUTDIR: outdir,
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, fanfare }),
        CDK_VALIDATION: 'false',
      },
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? error.stderr : undefined;
    throw new Error(`the stack does not synthesise:\n${String(said || error)}`, { cause: error });
  }
}

/** What the CDK, or this project, wrote. */
function readJson(path: string) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
