import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import { contentionLines } from './contention.ts';
import { addCpuProfile, addHeapProfile } from './frames.ts';
import { graph } from './graph.ts';
import type { Profiled } from './run.ts';
import { createSourceNames } from './source-names.ts';
import { bytesText, handleLines, loopLines, timeText } from './summary.ts';
import type { ThreadFindings } from './threads.ts';

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
  const names = createSourceNames();
  const subject = { kind: 'cpu', unit: 'µs', amount: timeText, ...conditions(making, found) } as const;
  return graph(found, subject, (frame, { findings }) => {
    if (findings.cpu) addCpuProfile(frame, findings.cpu, names);
  });
}

async function heap(making: Making): Promise<string[]> {
  const found = await during('heap', making);
  save(found, 'heapprofile', making, ({ heap: profile }) => profile);
  const names = createSourceNames();
  const subject = { kind: 'heap', unit: 'bytes', amount: bytesText, ...conditions(making, found) } as const;
  return graph(found, subject, (frame, { findings }) => {
    if (findings.heap) addHeapProfile(frame, findings.heap, names);
  });
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

function conditions({ dir, scenario, seconds }: Making, found: readonly ThreadFindings[]) {
  return { dir, what: scenario, where: `${seconds} s of load on the local stack, ${found.length} threads` };
}
