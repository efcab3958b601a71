import { networkOf, parseAddress } from '../address.ts';
import type { Hint, Scalar } from './formula.ts';
import { Letters } from './letters.ts';
import { type Marks, type Positions, positionsOf } from './marks.ts';
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
  readonly #present: Positions | undefined;
  readonly #values: ReadonlyMap<Scalar, Positions> | undefined;
  readonly #ranges: RangeTable | undefined;
  readonly #prefixes: Letters | undefined;
  readonly #suffixes: Letters | undefined;
  readonly #others: readonly MarkText[] | undefined;

  constructor(filed: readonly Filed[]) {
    const by = <B extends Hint['by']>(wanted: B) => {
      const found = filed.flatMap(({ hint, position }) => (isBy(hint, wanted) ? [{ hint, position }] : []));
      return found.length > 0 ? found : undefined;
    };
    const [present, values, ranges] = [by('presence'), by('value'), by('range')];
    this.#present = present && positionsOf(present.map(({ position }) => position));
    this.#values = values && group(values, ({ value }) => value);
    this.#ranges =
      ranges && new RangeTable(ranges.map(({ hint: { low, high }, position }) => ({ low, high, position })));
    this.#prefixes = lettersOf(by('prefix'), false);
    this.#suffixes = lettersOf(by('suffix'), true);
    const others = [...inAnyCase(by('caseless')), ...inNetworks(by('network'))];
    this.#others = others.length > 0 ? others : undefined;
  }

  mark(value: Scalar, marks: Marks): void {
    if (this.#present !== undefined) marks.setAll(this.#present);
    const same = this.#values?.get(value);
    if (same !== undefined) marks.setAll(same);
    if (typeof value === 'string') {
      this.#prefixes?.mark(value, marks);
      this.#suffixes?.mark(value, marks);
      if (this.#others !== undefined) for (const mark of this.#others) mark(value, marks);
    } else if (typeof value === 'number') this.#ranges?.mark(value, marks);
  }
}

type FiledBy<B extends Hint['by']> = { readonly hint: Hint & { readonly by: B }; readonly position: number };

function isBy<B extends Hint['by']>(hint: Hint, by: B): hint is Hint & { readonly by: B } {
  return hint.by === by;
}

function group<B extends Hint['by'], Key>(
  filed: readonly FiledBy<B>[],
  keyOf: (hint: FiledBy<B>['hint']) => Key,
): ReadonlyMap<Key, Positions> {
  const groups = Map.groupBy(filed, ({ hint }) => keyOf(hint));
  return new Map([...groups].map(([key, list]) => [key, positionsOf(list.map(({ position }) => position))]));
}

function lettersOf(
  filed: readonly FiledBy<'prefix' | 'suffix'>[] | undefined,
  isFromEnd: boolean,
): Letters | undefined {
  const texts = filed?.map(({ hint: { text }, position }) => ({ text, position }));
  return texts && new Letters(texts, isFromEnd);
}

function inAnyCase(filed: readonly FiledBy<'caseless'>[] | undefined): MarkText[] {
  if (!filed) return [];
  const positions = group(filed, ({ text }) => text);
  return [(text, marks) => marks.setAll(positions.get(text.toLowerCase()) ?? [])];
}

/** An address is read once, and looked up once for each mask that is filed. */
function inNetworks(filed: readonly FiledBy<'network'>[] | undefined): MarkText[] {
  if (!filed) return [];
  const positions = group(filed, ({ range }) => networkOf(range));
  const masks = new Set(filed.map(({ hint: { range } }) => range.bits));
  const mark: MarkText = (text, marks) => {
    const base = parseAddress(text);
    if (base === undefined) return;
    for (const bits of masks) marks.setAll(positions.get(networkOf({ base, bits })) ?? []);
  };
  return [mark];
}
