import type { HeapProfiler, Profiler } from 'node:inspector/promises';
import type { CallFrame, SourceName } from './source-names.ts';

/** A function as it was called from the one above it, and what it took: microseconds, or bytes. */
export interface Frame extends SourceName {
  /** By itself. */
  self: number;
  /** With all that it called. */
  total: number;
  readonly children: Map<string, Frame>;
}

type Names = (frame: CallFrame) => SourceName;

export function emptyFrame(name: string, source = ''): Frame {
  return { name, source, self: 0, total: 0, children: new Map() };
}

/** Waiting is no work, and the root is no function. */
const LEFT_OUT: ReadonlySet<string> = new Set(['(idle)']);

/** Adds a CPU profile below a frame, in microseconds; what is one function there becomes one frame. */
export function addCpuProfile(root: Frame, profile: Profiler.Profile, names: Names): void {
  const selfOf = new Map<number, number>();
  const { samples = [], timeDeltas = [] } = profile;
  // A sample stands for the time until the next one.
  for (const [at, id] of samples.entries())
    selfOf.set(id, (selfOf.get(id) ?? 0) + workIn(timeDeltas[at + 1] ?? 0));
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const add = (id: number, parent: Frame): number => {
    const node = byId.get(id);
    if (!node || LEFT_OUT.has(node.callFrame.functionName)) return 0;
    const frame = childOf(parent, names(node.callFrame));
    return spend(frame, selfOf.get(id) ?? 0, (below) =>
      (node.children ?? []).reduce((sum, child) => sum + add(child, below), 0),
    );
  };
  const [first] = profile.nodes;
  root.total += (first?.children ?? []).reduce((sum, id) => sum + add(id, root), 0);
}

/** Adds what was allocated below a frame, in bytes. */
export function addHeapProfile(root: Frame, { head }: HeapProfiler.SamplingHeapProfile, names: Names): void {
  const add = (
    { callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode,
    parent: Frame,
  ): number =>
    spend(childOf(parent, names(callFrame)), selfSize, (below) =>
      children.reduce((sum, child) => sum + add(child, below), 0),
    );
  root.total += head.children.reduce((sum, child) => sum + add(child, root), 0);
}

/** Samples further apart than this, in microseconds, had no work between them: the thread had no processor. */
const LONGEST_US = 5_000;

function workIn(us: number): number {
  return Math.min(LONGEST_US, Math.max(0, us));
}

function childOf(parent: Frame, { name, source }: SourceName): Frame {
  const key = `${name} ${source}`;
  const known = parent.children.get(key);
  if (known) return known;
  const made = emptyFrame(name, source);
  parent.children.set(key, made);
  return made;
}

function spend(frame: Frame, self: number, below: (frame: Frame) => number): number {
  const total = self + below(frame);
  frame.self += self;
  frame.total += total;
  return total;
}

/** One function, wherever it was called from. */
export interface SelfTime extends SourceName {
  self: number;
}

/** The functions that took most by themselves. */
export function topSelf(root: Frame, count: number): SelfTime[] {
  const byFunction = new Map<string, SelfTime>();
  const visit = ({ name, source, self, children }: Frame): void => {
    const key = `${name} ${source}`;
    const known = byFunction.get(key);
    if (known) known.self += self;
    else byFunction.set(key, { name, source, self });
    for (const child of children.values()) visit(child);
  };
  visit(root);
  return [...byFunction.values()].toSorted((a, b) => b.self - a.self).slice(0, count);
}
