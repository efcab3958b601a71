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
    ...(caseless.size > 0 ? [inAnyCase(caseless)] : []),
    ...letters(by('prefix'), false),
    ...letters(by('suffix'), true),
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

function inAnyCase(positions: ReadonlyMap<string, readonly number[]>): FindBy<string> {
  return (text, found) => {
    for (const position of positions.get(text.toLowerCase()) ?? []) found(position);
  };
}

/** A letter on the way into a text, and what is filed under the letters so far. */
interface Letter {
  readonly next: Map<number, Letter>;
  readonly positions: number[];
}

/** By the beginning, or from the end: one look-up for each letter, for as long as anything goes on so. */
function letters(filed: readonly FiledBy<'prefix' | 'suffix'>[], isFromEnd: boolean): FindBy<string>[] {
  if (filed.length === 0) return [];
  const at = (text: string, index: number) => text.charCodeAt(isFromEnd ? text.length - 1 - index : index);
  const root = newLetter();
  for (const { hint, position } of filed) {
    let letter = root;
    for (let index = 0; index < hint.text.length; index++) {
      const code = at(hint.text, index);
      const next = letter.next.get(code) ?? newLetter();
      letter.next.set(code, next);
      letter = next;
    }
    letter.positions.push(position);
  }
  const find: FindBy<string> = (text, found) => {
    let letter: Letter | undefined = root;
    for (let index = 0; letter; index++) {
      for (const position of letter.positions) found(position);
      letter = index < text.length ? letter.next.get(at(text, index)) : undefined;
    }
  };
  return [find];
}

function newLetter(): Letter {
  return { next: new Map(), positions: [] };
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
