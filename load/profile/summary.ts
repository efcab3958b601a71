import { figureText } from '../bench/report.ts';
import type { Frame } from './frames.ts';
import { topSelf } from './frames.ts';
import type { ThreadFindings } from './threads.ts';

const TOP = 15;

/** The functions that took most by themselves, of the threads of functions together. */
export function topLines(root: Frame, amount: (value: number) => string): string[] {
  const top = topSelf(root, TOP);
  const width = Math.max(...top.map(({ self }) => amount(self).length));
  return top.map(({ name, source, self }) => {
    const share = `${((100 * self) / root.total).toFixed(1)} %`.padStart(6);
    return `  ${amount(self).padStart(width)}  ${share}  ${name}  ${source}`.trimEnd();
  });
}

export function timeText(us: number): string {
  return us < 1_000_000 ? `${figureText(us / 1_000)} ms` : `${figureText(us / 1_000_000)} s`;
}

export function bytesText(bytes: number): string {
  return bytes < 1_000_000 ? `${figureText(bytes / 1_000)} kB` : `${figureText(bytes / 1_000_000)} MB`;
}

/** How late each thread was for its timers, and how busy. */
export function loopLines(all: readonly ThreadFindings[]): string[] {
  return all.flatMap(({ thread, findings: { loop } }) =>
    loop === undefined
      ? []
      : [
          `  ${thread.label} #${thread.number}: at work ${(100 * loop.utilisation).toFixed(0)} %; ` +
            `late by p50 ${figureText(loop.p50)}, p99 ${figureText(loop.p99)}, max ${figureText(loop.max)} ms`,
        ],
  );
}

/** What keeps each thread alive, and what has come or gone since the load began. */
export function handleLines(all: readonly ThreadFindings[]): string[] {
  return all.flatMap(({ thread, findings: { handles } }) => {
    if (handles === undefined) return [];
    const { before, after } = handles;
    const kinds = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    const counts = kinds.map((kind) => {
      const [was, is] = [before[kind] ?? 0, after[kind] ?? 0];
      return `${kind} ${is}${was === is ? '' : ` (${is > was ? '+' : ''}${is - was})`}`;
    });
    return [`  ${thread.label} #${thread.number}: ${counts.join(', ') || 'nothing'}`];
  });
}
