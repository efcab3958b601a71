import { networkOf, parseAddress } from '../address.ts';
import type { Hint, Scalar } from './formula.ts';
import { Letters } from './letters.ts';
import type { Marks } from './marks.ts';
import { RangeTable } from './range-table.ts';

/** A formula, by its position, under what a value says that it is true of. */
export interface Filed {
  readonly hint: Hint;
  readonly position: number;
}

/** Marks what a text says. */
type MarkText = (text: string, marks: Marks) => void;

/** Marks the positions that are filed under something that a value is. What nothing is filed under costs nothing. */
export class Finder {
  readonly #present: readonly number[];
  readonly #values: ReadonlyMap<Scalar, readonly number[]> | undefined;
  readonly #ranges: RangeTable | undefined;
  readonly #texts: readonly MarkText[];

  constructor(filed: readonly Filed[]) {
    const by = <B extends Hint['by']>(wanted: B) =>
      filed.flatMap(({ hint, position }) => (isBy(hint, wanted) ? [{ hint, position }] : []));
    const [values, ranges] = [by('value'), by('range')];
    this.#present = by('presence').map(({ position }) => position);
    this.#values = values.length > 0 ? group(values, ({ value }) => value) : undefined;
    this.#ranges =
      ranges.length > 0
        ? new RangeTable(ranges.map(({ hint: { low, high }, position }) => ({ low, high, position })))
        : undefined;
    this.#texts = [
      ...inAnyCase(by('caseless')),
      ...letters(by('prefix'), false),
      ...letters(by('suffix'), true),
      ...networks(by('network')),
    ];
  }

  mark(value: Scalar, marks: Marks): void {
    marks.setAll(this.#present);
    const same = this.#values?.get(value);
    if (same !== undefined) marks.setAll(same);
    if (typeof value === 'string') for (const find of this.#texts) find(value, marks);
    else if (typeof value === 'number') this.#ranges?.mark(value, marks);
  }
}

type FiledBy<B extends Hint['by']> = { readonly hint: Hint & { readonly by: B }; readonly position: number };

function isBy<B extends Hint['by']>(hint: Hint, by: B): hint is Hint & { readonly by: B } {
  return hint.by === by;
}

function group<B extends Hint['by'], Key>(
  filed: readonly FiledBy<B>[],
  keyOf: (hint: FiledBy<B>['hint']) => Key,
): ReadonlyMap<Key, readonly number[]> {
  const groups = Map.groupBy(filed, ({ hint }) => keyOf(hint));
  return new Map([...groups].map(([key, list]) => [key, list.map(({ position }) => position)]));
}

function inAnyCase(filed: readonly FiledBy<'caseless'>[]): MarkText[] {
  if (filed.length === 0) return [];
  const positions = group(filed, ({ text }) => text);
  return [(text, marks) => marks.setAll(positions.get(text.toLowerCase()) ?? [])];
}

/** By the beginning, or from the end. */
function letters(filed: readonly FiledBy<'prefix' | 'suffix'>[], isFromEnd: boolean): MarkText[] {
  if (filed.length === 0) return [];
  const texts = new Letters(
    filed.map(({ hint: { text }, position }) => ({ text, position })),
    isFromEnd,
  );
  return [(text, marks) => texts.mark(text, marks)];
}

/** An address is read once, and looked up once for each mask that is filed. */
function networks(filed: readonly FiledBy<'network'>[]): MarkText[] {
  if (filed.length === 0) return [];
  const positions = group(filed, ({ range }) => networkOf(range));
  const masks = new Set(filed.map(({ hint: { range } }) => range.bits));
  const find: MarkText = (text, marks) => {
    const base = parseAddress(text);
    if (base === undefined) return;
    for (const bits of masks) marks.setAll(positions.get(networkOf({ base, bits })) ?? []);
  };
  return [find];
}
