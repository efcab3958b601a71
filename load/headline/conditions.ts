import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

/** Under what conditions a run was made. */
export interface Conditions {
  readonly at: string;
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Processes that wanted a core, over the last minute: above the number of cores others were at work. */
  readonly load: { readonly before: number; readonly after: number };
}

/** Notes the conditions at the beginning of a run; asked for at its end. */
export function conditionsOf(): () => Conditions {
  const before = loadavg()[0]!;
  return () => {
    const all = cpus();
    return {
      at: new Date().toISOString(),
      commit: commitHere(),
      node: process.version,
      cpu: all[0]?.model ?? 'unknown',
      cores: all.length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      load: { before, after: loadavg()[0]! },
    };
  };
}

/** The commit that is measured, as far as this is a checkout of one. */
function commitHere(): string {
  try {
    const options = { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], options).trim();
  } catch {
    return 'unknown';
  }
}
