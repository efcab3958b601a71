import type { Scalar } from './formula.ts';

/** What an event has in one place: nothing, one value as nearly always, or several. */
export type Found = Scalar | Scalar[] | undefined;

/** The values of one event that some formula asks for, each under the slot of its path. */
export class Facts {
  event: unknown;
  /** By slot. */
  readonly values: Found[] = [];
  /** The slots that have values are the first `count` of these. */
  readonly present: number[] = [];
  count = 0;
  /** Slots with values that lie in different elements of an array, so that some may not belong together. */
  readonly scattered = new Set<number>();

  add(slot: number, value: Scalar, apart: boolean): void {
    const found = this.values[slot];
    if (found === undefined) {
      this.values[slot] = value;
      this.present[this.count++] = slot;
    } else if (Array.isArray(found)) found.push(value);
    else this.values[slot] = [found, value];
    if (apart) this.scattered.add(slot);
  }

  /** Makes room for the next event, of which so many slots are asked. */
  begin(event: unknown, slots: number): void {
    this.forget();
    while (this.values.length < slots) this.values.push(undefined);
    this.event = event;
  }

  forget(): void {
    for (let index = 0; index < this.count; index++) this.values[this.present[index]!] = undefined;
    this.count = 0;
    if (this.scattered.size > 0) this.scattered.clear();
    this.event = undefined;
  }
}

/** Whether any of the values passes a test. */
export function isAny(found: Found, accepts: (value: Scalar) => boolean): boolean {
  if (found === undefined) return false;
  return Array.isArray(found) ? found.some(accepts) : accepts(found);
}

export function listOf(found: Found): readonly Scalar[] {
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}
