import { networkOf, parseAddress } from '../address.ts';
import type { Hint, Scalar } from './formula.ts';
import { rangeTable } from './range-table.ts';

/** A formula, by its position, under what a value says that it is true of. */
export interface Filed {
  readonly hint: Hint;
  readonly position: number;
}

type Found = (position: number) => void;
type FindBy<Value> = (value: Value, found: Found) => void;

/** Finds the positions that are filed under something that a value is. */
export function finderOf(filed: readonly Filed[]): FindBy<Scalar> {
  const by = <B extends Hint['by']>(wanted: B) =>
    filed.flatMap(({ hint, position }) => (isBy(hint, wanted) ? [{ hint, position }] : []));
  const present = by('presence').map(({ position }) => position);
  const values = group(by('value'), ({ value }) => value);
  const caseless = group(by('caseless'), ({ text }) => text);
  const ranges = by('range').map(({ hint: { low, high }, position }) => ({ low, high, position }));
  const inRanges = rangeTable(ranges);
  const ofTexts = [
    ...(caseless.size > 0 ? [finder(caseless, (text) => text.toLowerCase())] : []),
    ...cuts(by('prefix'), (text, length) => text.slice(0, length)),
    ...cuts(by('suffix'), (text, length) => text.slice(text.length - length)),
    ...networks(by('network')),
  ];

  return (value, found) => {
    for (const position of present) found(position);
    const same = values.get(value);
    if (same) for (const position of same) found(position);
    if (typeof value === 'number') inRanges(value, found);
    if (typeof value === 'string') for (const find of ofTexts) find(value, found);
  };
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

function finder(
  positions: ReadonlyMap<string, readonly number[]>,
  keyOf: (text: string) => string,
): FindBy<string> {
  return (text, found) => {
    const same = positions.get(keyOf(text));
    if (same) for (const position of same) found(position);
  };
}

/** By the beginning or the end: one look-up for each length that is filed. */
function cuts(
  filed: readonly FiledBy<'prefix' | 'suffix'>[],
  cut: (text: string, length: number) => string,
): FindBy<string>[] {
  const lengths = Map.groupBy(filed, ({ hint }) => hint.text.length);
  return [...lengths].map(([length, list]) => {
    const find = finder(
      group(list, ({ text }) => text),
      (text) => cut(text, length),
    );
    return (text, found) => {
      if (text.length >= length) find(text, found);
    };
  });
}

/** An address is read once, and looked up once for each mask that is filed. */
function networks(filed: readonly FiledBy<'network'>[]): FindBy<string>[] {
  if (filed.length === 0) return [];
  const positions = group(filed, ({ range }) => networkOf(range));
  const masks = new Set(filed.map(({ hint: { range } }) => range.bits));
  const find: FindBy<string> = (text, found) => {
    const base = parseAddress(text);
    if (base === undefined) return;
    for (const bits of masks)
      for (const position of positions.get(networkOf({ base, bits })) ?? []) found(position);
  };
  return [find];
}
