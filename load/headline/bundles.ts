import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../cdk/bundle.ts';
import type { Measured } from './rows.ts';

/** Of `deliver` are both `deliver-http` and `urgent`. */
const MEASURED = ['ingest', 'fan-out', 'deliver'];

/** Size of the largest bundle that an event passes through. */
export async function bundles(): Promise<Measured> {
  const outdir = mkdtempSync(join(tmpdir(), 'fanfare-headline-'));
  try {
    await bundle({ outdir, names: MEASURED });
    const kib = MEASURED.map((name) => statSync(join(outdir, name, 'index.mjs')).size / 1_024);
    return { rows: [{ name: 'bundle.maxKiB', value: Math.max(...kib), samples: { kib } }], checks: [] };
  } finally {
    rmSync(outdir, { recursive: true });
    rmSync(`${outdir}.meta.json`, { force: true });
  }
}
