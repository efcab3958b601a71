import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { BUNDLE_NAMES } from '../../cdk/functions.ts';
import type { Template } from './idle-bill.ts';
import { parseSettings } from '../../cdk/settings.ts';
import { FanfareStack } from '../../cdk/stack.ts';
import { registry } from '../../lib/registry.ts';

/** Context of `cdk.json`, which only the CLI reads by itself. */
export const context = (JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> })
  .context;

const temporary = mkdtempSync(join(tmpdir(), 'fanfare-cdk-'));
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));

/** A folder with a stand-in for each bundle, for tests that are not about the code. */
export const codeRoot = join(temporary, 'code');
for (const name of BUNDLE_NAMES) {
  mkdirSync(join(codeRoot, name), { recursive: true });
  writeFileSync(join(codeRoot, name, 'index.mjs'), `export const handler = async () => '${name}';\n`);
}

/** Settings that make every resource appear and disappear. */
export const VARIANTS = {
  'the default stack': {},
  'one channel': { channels: ['slack'] },
  'every channel dedicated, everything observed': {
    channels: [...registry.keys()],
    dedicated: [...registry.keys()],
    observability: 'full',
  },
  'ordered topics, sampled runs': { ordered: true, sampling: { oneIn: 1_000 } },
  'own domain, alarm address, debug log': {
    stack: 'Second',
    domain: {
      name: 'events.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/a',
    },
    alarmAddress: 'team@example.com',
    logLevel: 'debug',
  },
};

/** An app with the stack of these settings. */
export function fanfare(given: Readonly<Record<string, unknown>> = {}): { app: App; stack: Stack } {
  const app = new App({ context, outdir: mkdtempSync(join(temporary, 'out-')) });
  const stack = new FanfareStack(app, parseSettings({ codeRoot, ...given }));
  return { app, stack };
}

/** The template of these settings. */
export function synthesise(
  given?: Readonly<Record<string, unknown>>,
): Template & { Outputs: Record<string, unknown> } {
  const { app, stack } = fanfare(given);
  return app.synth().getStackByName(stack.stackName).template as Template & {
    Outputs: Record<string, unknown>;
  };
}
