import { getPriority } from 'node:os';
import { conditionsOf } from '../headline/conditions.ts';
import type { Conditions } from './result.ts';

/** Under what conditions this process begins a run. */
export function conditions(): Omit<Conditions, 'target' | 'seed'> {
  const { load, ...machine } = conditionsOf()();
  return { ...machine, loadBefore: load.before, priority: getPriority() };
}
