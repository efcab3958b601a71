import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import { contentionLines } from './contention.ts';
import { flamePage } from './flame.ts';
import { type Frame, addCpuProfile, addHeapProfile, emptyFrame } from './frames.ts';
import type { Profiled } from './run.ts';
import { createSourceNames } from './source-names.ts';
import { bytesText, handleLines, loopLines, timeText, topLines } from './summary.ts';
import { STACK_LABEL, type ThreadFindings } from './threads.ts';

export interface Making {
  readonly profiled: Profiled;
  readonly seconds: number;
  /** Folder of this run. */
  readonly dir: string;
  readonly scenario: string;
}

/** What is found, as lines for people; files go to the folder of the run. */
type Make = (making: Making) => Promise<string[]>;

/** What can be asked for, in the order of `all`. */
export const PROFILES: Readonly<Record<string, { readonly about: string; readonly make: Make }>> = {
  cpu: { about: 'where the time of the processor goes: a flame graph and a table', make: cpu },
  heap: { about: 'who allocates, garbage included: a flame graph and a table', make: heap },
  loop: { about: 'how late the event loop of each thread is, and how busy', make: loop },
  handles: { about: 'what keeps each thread alive, before the load and after it', make: handles },
  contention: {
    about: 'conditions that fail, rates that deny, and waits at the head of queues',
    make: contention,
  },
};

async function cpu(making: Making): Promise<string[]> {
  const found = await during('cpu', making);
  save(found, 'cpuprofile', making, ({ cpu: profile }) => profile);
  return graph(found, making, { kind: 'cpu', unit: 'µs', amount: timeText }, (frame, { findings }, names) => {
    if (findings.cpu) addCpuProfile(frame, findings.cpu, names);
  });
}

async function heap(making: Making): Promise<string[]> {
  const found = await during('heap', making);
  save(found, 'heapprofile', making, ({ heap: profile }) => profile);
  return graph(
    found,
    making,
    { kind: 'heap', unit: 'bytes', amount: bytesText },
    (frame, { findings }, names) => {
      if (findings.heap) addHeapProfile(frame, findings.heap, names);
    },
  );
}

async function loop(making: Making): Promise<string[]> {
  return ['Event loops:', ...loopLines(await during('loop', making))];
}

async function handles(making: Making): Promise<string[]> {
  return [
    'Active resources after the load (and what has changed):',
    ...handleLines(await during('handles', making)),
  ];
}

async function contention({ profiled: { stack, waits, load }, seconds }: Making): Promise<string[]> {
  await fetch(stack.statsUrl, { method: 'DELETE' });
  await load(seconds);
  const snapshot = (await (await fetch(stack.statsUrl)).json()) as StatsSnapshot;
  return contentionLines(snapshot, waits.all());
}

/** Runs a probe in all threads while there is load. */
async function during(
  probe: Parameters<Profiled['threads']['start']>[0],
  { profiled: { threads, load }, seconds }: Making,
): Promise<ThreadFindings[]> {
  const stop = await threads.start(probe);
  await load(seconds);
  return (await stop()).toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

function order({ thread: { label, number } }: ThreadFindings): string {
  return `${label} ${String(number).padStart(9)}`;
}

/** The raw profiles, for other viewers. */
function save(
  found: readonly ThreadFindings[],
  extension: string,
  { dir }: Making,
  profileOf: (findings: ThreadFindings['findings']) => object | undefined,
): void {
  mkdirSync(dir, { recursive: true });
  for (const { thread, findings } of found) {
    const profile = profileOf(findings);
    if (profile === undefined) continue;
    writeFileSync(join(dir, `${thread.label}-${thread.number}.${extension}`), JSON.stringify(profile));
  }
}

interface Kind {
  readonly kind: string;
  readonly unit: 'µs' | 'bytes';
  readonly amount: (value: number) => string;
}

type Add = (frame: Frame, found: ThreadFindings, names: ReturnType<typeof createSourceNames>) => void;

/** One graph of all functions, with a frame for each; and the table without what only this machine needs. */
function graph(
  found: readonly ThreadFindings[],
  { dir, scenario, seconds }: Making,
  { kind, unit, amount }: Kind,
  add: Add,
): string[] {
  const names = createSourceNames();
  const root = emptyFrame('all');
  const ours = emptyFrame('functions');
  for (const [label, threads] of Map.groupBy(found, ({ thread }) => thread.label)) {
    const frame = emptyFrame(label, label === STACK_LABEL ? 'load, queues, tables, twin' : 'function');
    for (const one of threads) add(frame, one, names);
    if (frame.total === 0) continue;
    root.children.set(label, frame);
    root.total += frame.total;
    if (label === STACK_LABEL) continue;
    ours.children.set(label, frame);
    ours.total += frame.total;
  }
  const file = join(dir, `${kind}.html`);
  const title = `Fanfare: ${kind}, ${scenario}`;
  const about = `${seconds} s of load on the local stack, ${found.length} threads; ${amount(root.total)} in all, ${amount(ours.total)} of it in functions`;
  writeFileSync(file, flamePage(root, { title, unit, about }));
  const parts = [...ours.children.values()].map(({ name, total }) => `${name} ${amount(total)}`);
  return [
    `${about}: ${parts.join(', ')}`,
    'Most by themselves, in functions:',
    ...topLines(ours, amount),
    `Flame graph: ${file}`,
  ];
}
