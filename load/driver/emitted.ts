import type { LogLine } from '../../cdk/local/log-line.ts';

/** What functions have written: every metrics line is read and counted. */
export interface Emitted {
  lines: number;
  /** Lines that look like metrics and cannot be read. */
  unread: number;
  /** Runs that did not return. */
  failed: number;
  /** Sums by name of the metric. */
  readonly sums: Record<string, number>;
}

export function nothingEmitted(): Emitted {
  return { lines: 0, unread: 0, failed: 0, sums: {} };
}

export function countLine(emitted: Emitted, line: LogLine): void {
  if (line.kind === 'text' && line.text.includes('_aws')) emitted.unread++;
  if (line.kind !== 'metrics') return;
  emitted.lines++;
  for (const { name, sum } of line.values) {
    if (Number.isFinite(sum)) emitted.sums[name] = (emitted.sums[name] ?? 0) + sum;
    else emitted.unread++;
  }
}

/** What has come since. */
export function since(now: Emitted, before: Emitted): Emitted {
  const sums = Object.fromEntries(
    Object.entries(now.sums).map(([name, sum]) => [name, sum - (before.sums[name] ?? 0)]),
  );
  return {
    lines: now.lines - before.lines,
    unread: now.unread - before.unread,
    failed: now.failed - before.failed,
    sums,
  };
}
