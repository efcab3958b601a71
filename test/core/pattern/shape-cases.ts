import type { Case } from './value-cases.ts';

/** Where values may stand: fields, names with dots, arrays, `$or`, names that are traps. */
export const SHAPE_CASES: Readonly<Record<string, readonly Case[]>> = {
  fields: [
    {
      pattern: { a: ['x'], b: ['y'] },
      yes: [
        { a: 'x', b: 'y' },
        { b: 'y', a: 'x', c: 1 },
      ],
      no: [{ a: 'x' }, { a: 'x', b: 'z' }, { a: 'y', b: 'x' }],
    },
    {
      pattern: { a: { b: { c: [1] } } },
      yes: [{ a: { b: { c: 1 } } }],
      no: [{ a: { b: 1 } }, { a: { c: 1 } }, { a: { b: { c: { d: 1 } } } }, { a: null }, { a: 'x' }],
    },
    { pattern: { a: ['x'] }, yes: [], no: ['x', 5, null, [], [{ a: 'x' }], true] },
    { pattern: { '': ['x'] }, yes: [{ '': 'x' }], no: [{ a: 'x' }, {}] },
    { pattern: { 'a b': ['x'] }, yes: [{ 'a b': 'x' }], no: [{ a: { b: 'x' } }] },
    { pattern: { prefix: ['x'] }, yes: [{ prefix: 'x' }], no: [{ prefix: 'y' }] },
    { pattern: { numeric: { '=': [1] } }, yes: [{ numeric: { '=': 1 } }], no: [{ numeric: 1 }] },
  ],
  'names with dots': [
    {
      pattern: { 'a.b': ['x'] },
      yes: [{ a: { b: 'x' } }, { 'a.b': 'x' }, { a: [{ b: 'x' }] }],
      no: [{ a: 'x' }, { b: 'x' }, { a: { 'b.c': 'x' } }],
    },
    {
      pattern: { a: { b: ['x'] } },
      yes: [{ 'a.b': 'x' }],
      no: [{ 'a.bb': 'x' }, { 'aa.b': 'x' }, { '.a.b': 'x' }],
    },
    {
      pattern: { 'a.b': { 'c.d': [1] } },
      yes: [{ a: { b: { c: { d: 1 } } } }, { 'a.b.c.d': 1 }, { a: { 'b.c': { d: 1 } } }],
      no: [{ 'a.b.c': 1 }],
    },
    { pattern: { a: { b: ['x'], c: ['y'] } }, yes: [{ 'a.b': 'x', a: { c: 'y' } }], no: [{ 'a.b': 'x' }] },
    {
      pattern: { 'a.b': ['x'], 'a.c': ['y'] },
      yes: [{ a: { b: 'x', c: 'y' } }],
      no: [{ a: [{ b: 'x' }, { c: 'y' }] }],
    },
    { pattern: { 'a.': ['x'] }, yes: [{ a: { '': 'x' } }, { 'a.': 'x' }], no: [{ a: 'x' }] },
    { pattern: { 'a.b': [{ exists: false }] }, yes: [{ a: { c: 1 } }], no: [{ 'a.b': 0 }, { a: { b: 0 } }] },
  ],
  arrays: [
    {
      pattern: { a: [2] },
      yes: [{ a: [1, 2] }, { a: [[1], [[2]]] }, { a: [{}, 2] }],
      no: [{ a: [1, '2'] }, { a: [] }, { a: [{ b: 2 }] }],
    },
    {
      pattern: { a: { b: [1] } },
      yes: [{ a: [{ b: 2 }, { b: 1 }] }, { a: [[{ b: 1 }]] }, { a: { b: [0, 1] } }, { a: [7, { b: [[1]] }] }],
      no: [{ a: [{ b: 2 }] }, { a: [1] }, { a: [] }],
    },
    {
      pattern: { a: [{ prefix: 'x' }], b: [{ numeric: ['>', 1] }] },
      yes: [{ a: ['y', 'xy'], b: [0, 2] }],
      no: [{ a: ['y', 'xy'], b: [0, 1] }],
    },
  ],
  'arrays of objects, all fields in one element': [
    {
      pattern: { a: { b: [1], c: [2] } },
      yes: [{ a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }, { b: [0, 1], c: [2] }] }, { a: { b: 1, c: 2 } }],
      no: [
        { a: [{ b: 1 }, { c: 2 }] },
        {
          a: [
            { b: 1, c: 3 },
            { b: 3, c: 2 },
          ],
        },
        { a: [[{ b: 1 }], [{ c: 2 }]] },
        { a: [[{ b: 1 }, { c: 2 }]] },
      ],
    },
    {
      pattern: { a: { b: { c: [1], d: [2] }, e: [3] } },
      yes: [{ a: [{ b: [{ c: 1, d: 2 }], e: 3 }] }, { a: [{ b: { c: 1, d: 2 }, e: 3 }, {}] }],
      no: [
        { a: [{ b: [{ c: 1 }, { d: 2 }], e: 3 }] },
        { a: [{ b: [{ c: 1, d: 2 }] }, { e: 3 }] },
        { a: [{ b: { c: 1, d: 2 } }, { b: { c: 1 }, e: 3 }] },
      ],
    },
    {
      pattern: { a: { x: [1] }, b: { y: [2] } },
      yes: [{ a: [{}, { x: 1 }], b: [{ y: 2 }, {}] }],
      no: [{ a: [{ x: 1 }], b: [{ x: 2 }] }],
    },
    {
      pattern: { a: { b: { x: [1] }, c: { y: [2] } } },
      yes: [{ a: [{ b: [{}, { x: 1 }], c: [{ y: 2 }] }, {}] }],
      no: [{ a: [{ b: [{ x: 1 }] }, { c: [{ y: 2 }] }] }],
    },
    {
      pattern: { 'a.b': [1], a: [5] },
      yes: [{ a: [5, { b: 1 }] }, { a: [5, { b: 0 }, { b: 1 }] }],
      no: [{ a: [{ b: 1 }] }, { a: [[5], { b: 1 }] }],
    },
    {
      pattern: { a: { b: [{ 'anything-but': 1 }], c: [2] } },
      yes: [{ a: [{ b: 1 }, { b: 3, c: 2 }] }],
      no: [{ a: [{ b: 3 }, { b: 1, c: 2 }] }, { a: [{ c: 2 }, { b: 2 }] }],
    },
    {
      pattern: { a: { b: [1, { exists: false }], c: [2] } },
      yes: [{ a: [{ c: 2 }, { c: 3 }] }, { a: [{ b: 1, c: 2 }, { b: 3 }] }],
      no: [{ a: [{ b: 3, c: 2 }, { c: 3 }] }],
    },
    {
      pattern: { a: { b: [{ exists: false }], c: [2], d: [3] } },
      yes: [{ a: [{ c: 2, d: 3 }, {}] }],
      no: [
        { a: [{ c: 2 }, { d: 3 }] },
        {
          a: [
            { b: 1, c: 2, d: 3 },
            { c: 2, d: 3 },
          ],
        },
      ],
    },
    {
      pattern: { a: { b: [1], c: [2], d: [3] } },
      yes: [{ 'a.b': 1, a: [{ c: 2, d: 3 }, { c: 3 }] }],
      no: [{ 'a.b': 1, a: [{ c: 2 }, { d: 3 }] }],
    },
  ],
  $or: [
    {
      pattern: { $or: [{ a: [1] }, { b: [2] }] },
      yes: [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }, { a: 0, b: 2 }],
      no: [{}, { a: 2 }, { b: 1 }],
    },
    {
      pattern: { s: ['x'], $or: [{ a: [1] }, { b: [2], c: [3] }] },
      yes: [
        { s: 'x', a: 1 },
        { s: 'x', b: 2, c: 3 },
      ],
      no: [{ a: 1 }, { s: 'x' }, { s: 'x', b: 2 }, { s: 'y', a: 1 }],
    },
    {
      pattern: { d: { $or: [{ a: [1] }, { b: [2] }], c: [3] } },
      yes: [{ d: { a: 1, c: 3 } }, { d: { b: 2, c: 3 } }],
      no: [{ a: 1, d: { c: 3 } }, { d: { a: 1 } }, { d: { c: 3 } }],
    },
    {
      pattern: { $or: [{ a: [1] }, { $or: [{ b: [2] }, { c: [3] }] }] },
      yes: [{ a: 1 }, { b: 2 }, { c: 3 }],
      no: [{ a: 2 }, { c: 2 }, {}],
    },
    {
      pattern: { $or: [{ a: [1], $or: [{ b: [2] }, { c: [3] }] }, { d: [4] }] },
      yes: [{ a: 1, b: 2 }, { a: 1, c: 3 }, { d: 4 }],
      no: [{ a: 1 }, { b: 2, c: 3 }],
    },
    {
      pattern: { $or: [{ a: { b: [1] } }, { a: { c: [2] } }], a: { d: [3] } },
      yes: [{ a: { b: 1, d: 3 } }, { a: [{ c: 2, d: 3 }, {}] }],
      no: [{ a: [{ b: 1 }, { c: 2 }, { d: 3 }] }, { a: { d: 3 } }],
    },
    {
      pattern: { a: { $or: [{ b: [1] }, { c: [2] }], d: [3] } },
      yes: [{ a: [{ b: 1, d: 3 }] }, { a: [{ b: 1 }, { c: 2, d: 3 }] }],
      no: [{ a: [{ b: 1 }, { c: 2 }, { d: 3 }] }],
    },
    {
      pattern: { $or: [{ a: [{ exists: false }] }, { a: ['x'] }, { b: [{ 'anything-but': 1 }] }] },
      yes: [{}, { a: 'x' }, { a: 'y', b: 2 }],
      no: [{ a: 'y' }, { a: 'y', b: 1 }],
    },
    { pattern: { 'a.$or': ['x'] }, yes: [{ a: { $or: 'x' } }], no: [{ a: 'x' }] },
  ],
  'names that are traps': [
    { pattern: { constructor: [{ exists: false }] }, yes: [{}], no: [{ constructor: 1 }] },
    {
      pattern: { constructor: { name: ['Object'] } },
      yes: [{ constructor: { name: 'Object' } }],
      no: [{}, { a: 1 }],
    },
    { pattern: { toString: [{ exists: true }] }, yes: [{ toString: 'x' }], no: [{}] },
    { pattern: { length: [1] }, yes: [{ length: 1 }], no: [['x'], {}] },
    { pattern: { a: { length: [1] } }, yes: [{ a: { length: 1 } }], no: [{ a: 'x' }, { a: ['x'] }] },
    { pattern: { a: { 0: ['x'] } }, yes: [{ a: { 0: 'x' } }], no: [{ a: ['x'] }, { a: 'x' }] },
    {
      pattern: JSON.parse('{ "__proto__": { "a": ["x"] } }'),
      yes: [JSON.parse('{ "__proto__": { "a": "x" } }')],
      no: [{}, { a: 'x' }, JSON.parse('{ "__proto__": { "a": "y" } }')],
    },
    { pattern: { hasOwnProperty: ['x'] }, yes: [{ hasOwnProperty: 'x' }], no: [{ hasOwnProperty: 1 }, {}] },
  ],
};
