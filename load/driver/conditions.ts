import { execFileSync } from 'node:child_process';
import { cpus, getPriority, loadavg, totalmem } from 'node:os';
import type { Conditions } from './result.ts';

/** Under what conditions this process runs. */
export function conditions(): Omit<Conditions, 'target' | 'seed'> {
  const all = cpus();
  return {
    at: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0] ?? 0,
    priority: getPriority(),
  };
}

/** Outside a repository nobody can tell. */
function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}
