import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flamePage } from './flame.ts';
import { type Frame, emptyFrame } from './frames.ts';
import { topLines } from './summary.ts';
import { STACK_LABEL } from './threads.ts';

/** What a graph is of. */
export interface Subject {
  /** Name of its file. */
  readonly kind: string;
  readonly unit: 'µs' | 'bytes';
  readonly amount: (value: number) => string;
  /** Folder of its file. */
  readonly dir: string;
  /** What ran, for its title. */
  readonly what: string;
  /** Under what conditions. */
  readonly where: string;
}

/** One graph of all functions, with a frame for each; and the table without what only this machine needs. */
export function graph<F extends { readonly thread: { readonly label: string } }>(
  found: readonly F[],
  { kind, unit, amount, dir, what, where }: Subject,
  add: (frame: Frame, found: F) => void,
): string[] {
  const root = emptyFrame('all');
  const ours = emptyFrame('functions');
  for (const [label, threads] of Map.groupBy(found, ({ thread }) => thread.label)) {
    const frame = emptyFrame(label, label === STACK_LABEL ? 'load, queues, tables, twin' : 'function');
    for (const one of threads) add(frame, one);
    if (frame.total === 0) continue;
    root.children.set(label, frame);
    root.total += frame.total;
    if (label === STACK_LABEL) continue;
    ours.children.set(label, frame);
    ours.total += frame.total;
  }
  const file = join(dir, `${kind}.html`);
  const title = `Fanfare: ${kind}, ${what}`;
  const about = `${where}; ${amount(root.total)} in all, ${amount(ours.total)} of it in functions`;
  writeFileSync(file, flamePage(root, { title, unit, about }));
  const parts = [...ours.children.values()].map(({ name, total }) => `${name} ${amount(total)}`);
  return [
    `${about}: ${parts.join(', ')}`,
    'Most by themselves, in functions:',
    ...topLines(ours, amount),
    `Flame graph: ${file}`,
  ];
}
