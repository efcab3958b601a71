/** Events that a pattern wants and events that it does not. */
export interface Case {
  readonly pattern: unknown;
  readonly yes: readonly unknown[];
  readonly no: readonly unknown[];
}

/** What is asked of one value, operator by operator. */
export const VALUE_CASES: Readonly<Record<string, readonly Case[]>> = {
  'exact values': [
    {
      pattern: { a: ['x'] },
      yes: [{ a: 'x' }, { a: 'x', b: 1 }, { a: ['y', 'x'] }],
      no: [
        { a: 'X' },
        { a: 'xx' },
        { a: '' },
        { a: null },
        { a: 0 },
        { A: 'x' },
        {},
        { a: {} },
        { a: [] },
        { b: 'x' },
      ],
    },
    { pattern: { a: [''] }, yes: [{ a: '' }], no: [{ a: ' ' }, { a: null }, { a: 0 }, { a: false }, {}] },
    {
      pattern: { a: ['x', 5, null, true] },
      yes: [{ a: 'x' }, { a: 5 }, { a: null }, { a: true }],
      no: [{ a: false }, { a: 'null' }, { a: 'true' }, { a: '5' }, { a: 50 }],
    },
    {
      pattern: { a: [5] },
      yes: [{ a: 5 }, { a: 5.0 }, { a: 5 }],
      no: [{ a: '5' }, { a: 5.1 }, { a: -5 }, { a: 55 }],
    },
    { pattern: { a: [1e3] }, yes: [{ a: 1000 }, { a: 1.0e3 }], no: [{ a: '1e3' }, { a: 100 }] },
    {
      pattern: { a: [0] },
      yes: [{ a: 0 }, { a: -0 }],
      no: [{ a: '' }, { a: '0' }, { a: false }, { a: null }],
    },
    { pattern: { a: [-0] }, yes: [{ a: 0 }, { a: -0 }], no: [{ a: '-0' }] },
    { pattern: { a: [true] }, yes: [{ a: true }], no: [{ a: 'true' }, { a: 1 }, { a: false }] },
    { pattern: { a: [false] }, yes: [{ a: false }], no: [{ a: 0 }, { a: null }, { a: '' }, {}] },
    {
      pattern: { a: [null] },
      yes: [{ a: null }, { a: [1, null] }],
      no: [{ a: 'null' }, { a: 0 }, { a: [] }, { a: {} }, {}],
    },
    { pattern: { a: ['é'] }, yes: [{ a: 'é' }], no: [{ a: 'e\u0301' }, { a: 'É' }] },
    { pattern: { a: ['x*'] }, yes: [{ a: 'x*' }], no: [{ a: 'xy' }] },
    { pattern: { a: [{ exactly: 'x' }] }, yes: [{ a: 'x' }], no: [{ a: 'y' }, { a: 1 }] },
  ],
  prefix: [
    {
      pattern: { a: [{ prefix: 'or' }] },
      yes: [{ a: 'or' }, { a: 'order' }, { a: ['x', 'order'] }],
      no: [{ a: 'Order' }, { a: 'o' }, { a: ' order' }, { a: 0 }, { a: null }, {}, { a: { b: 'order' } }],
    },
    {
      pattern: { a: [{ prefix: '' }] },
      yes: [{ a: '' }, { a: 'x' }],
      no: [{ a: 1 }, { a: null }, { a: true }, {}, { a: [] }, { a: {} }],
    },
    {
      pattern: { a: [{ prefix: { 'equals-ignore-case': 'Or' } }] },
      yes: [{ a: 'order' }, { a: 'ORDER' }, { a: 'oR' }],
      no: [{ a: 'o' }, { a: 'xor' }, { a: 1 }],
    },
    {
      pattern: { a: [{ prefix: { 'equals-ignore-case': 'straß' } }] },
      yes: [{ a: 'straße' }, { a: 'STRASSE' }],
      no: [{ a: 'strasse' }, { a: 'stra' }],
    },
    { pattern: { a: [{ prefix: '10' }] }, yes: [{ a: '10' }], no: [{ a: 10 }, { a: 100 }] },
    {
      pattern: { a: [{ prefix: { 'equals-ignore-case': '' } }] },
      yes: [{ a: '' }, { a: 'x' }],
      no: [{ a: 1 }, {}],
    },
  ],
  suffix: [
    {
      pattern: { a: [{ suffix: '.png' }] },
      yes: [{ a: 'x.png' }, { a: '.png' }],
      no: [{ a: 'x.PNG' }, { a: 'png' }, { a: '.png ' }, { a: 1 }, {}],
    },
    {
      pattern: { a: [{ suffix: '' }] },
      yes: [{ a: '' }, { a: 'x' }],
      no: [{ a: 1 }, { a: null }, { a: false }, {}],
    },
    {
      pattern: { a: [{ suffix: { 'equals-ignore-case': '.PnG' } }] },
      yes: [{ a: 'x.png' }, { a: 'X.PNG' }],
      no: [{ a: 'png' }, { a: '.png?' }],
    },
    {
      pattern: { a: [{ suffix: { 'equals-ignore-case': 'spaß' } }] },
      yes: [{ a: 'viel Spaß' }, { a: 'VIEL SPASS' }],
      no: [{ a: 'viel spass' }, { a: 'paß' }],
    },
  ],
  'equals-ignore-case': [
    {
      pattern: { a: [{ 'equals-ignore-case': 'Alice' }] },
      yes: [{ a: 'alice' }, { a: 'ALICE' }, { a: 'aLiCe' }, { a: ['bob', 'ALICE'] }],
      no: [{ a: 'alic' }, { a: 'alice ' }, { a: 1 }, { a: null }, {}],
    },
    {
      pattern: { a: [{ 'equals-ignore-case': 'ÄÖ' }] },
      yes: [{ a: 'äö' }, { a: 'Äö' }],
      no: [{ a: 'ao' }, { a: 'a\u0308o\u0308' }],
    },
    {
      pattern: { a: [{ 'equals-ignore-case': 'жук' }] },
      yes: [{ a: 'ЖУК' }, { a: 'Жук' }],
      no: [{ a: 'жуки' }],
    },
    { pattern: { a: [{ 'equals-ignore-case': 'σ' }] }, yes: [{ a: 'Σ' }, { a: 'σ' }], no: [{ a: 'ς' }] },
    {
      pattern: { a: [{ 'equals-ignore-case': 'ß' }] },
      yes: [{ a: 'ß' }, { a: 'SS' }],
      no: [{ a: 'ss' }, { a: 'ẞ' }],
    },
    { pattern: { a: [{ 'equals-ignore-case': 'k' }] }, yes: [{ a: 'K' }], no: [{ a: '\u212a' }] },
    { pattern: { a: [{ 'equals-ignore-case': 'ⱥ' }] }, yes: [{ a: 'Ⱥ' }], no: [{ a: 'a' }] },
    { pattern: { a: [{ 'equals-ignore-case': '' }] }, yes: [{ a: '' }], no: [{ a: 'x' }, { a: null }] },
    { pattern: { a: [{ 'equals-ignore-case': '5' }] }, yes: [{ a: '5' }], no: [{ a: 5 }] },
  ],
  numeric: [
    {
      pattern: { a: [{ numeric: ['=', 5] }] },
      yes: [{ a: 5 }, { a: 5.0 }, { a: [1, 5] }],
      no: [{ a: '5' }, { a: 4 }, { a: null }, {}],
    },
    {
      pattern: { a: [{ numeric: ['=', 0] }] },
      yes: [{ a: 0 }, { a: -0 }],
      no: [{ a: false }, { a: '' }, { a: null }],
    },
    {
      pattern: { a: [{ numeric: ['>', 5] }] },
      yes: [{ a: 5.000001 }, { a: 1e12 }],
      no: [{ a: 5 }, { a: -6 }, { a: '6' }],
    },
    {
      pattern: { a: [{ numeric: ['>=', 5] }] },
      yes: [{ a: 5 }, { a: 6 }],
      no: [{ a: 4.999 }, { a: '5' }, { a: true }],
    },
    {
      pattern: { a: [{ numeric: ['<', 0] }] },
      yes: [{ a: -1e-6 }, { a: -1e10 }],
      no: [{ a: 0 }, { a: -0 }, { a: null }],
    },
    {
      pattern: { a: [{ numeric: ['<=', 3.018e2] }] },
      yes: [{ a: 301.8 }, { a: -5 }],
      no: [{ a: 301.9 }, { a: [] }],
    },
    {
      pattern: { a: [{ numeric: ['>', 0, '<=', 5] }] },
      yes: [{ a: 5 }, { a: 0.1 }, { a: [9, 3] }],
      no: [{ a: 0 }, { a: 5.1 }, { a: [-1, 9] }],
    },
    {
      pattern: { a: [{ numeric: ['>=', -5, '<', 5] }] },
      yes: [{ a: -5 }, { a: 4.9 }],
      no: [{ a: 5 }, { a: -5.1 }],
    },
    { pattern: { a: [{ numeric: ['<', 5] }, 'x'] }, yes: [{ a: 4 }, { a: 'x' }], no: [{ a: 5 }, { a: 'y' }] },
  ],
  exists: [
    {
      pattern: { a: [{ exists: true }] },
      yes: [{ a: 1 }, { a: null }, { a: '' }, { a: false }, { a: 0 }, { a: [null] }, { a: [[1]] }],
      no: [{}, { a: {} }, { a: [] }, { a: { b: 1 } }, { a: [{}] }, { a: [[]] }, { b: 1 }],
    },
    {
      pattern: { a: [{ exists: false }] },
      yes: [{}, { a: {} }, { a: [] }, { a: { b: 1 } }, { b: 1 }, { a: [{}] }],
      no: [{ a: 1 }, { a: null }, { a: '' }, { a: [0] }],
    },
    {
      pattern: { a: { b: [{ exists: false }] } },
      yes: [{}, { a: {} }, { a: 'x' }, { a: null }, { a: [] }, { a: { c: 1 } }, { a: { b: {} } }],
      no: [{ a: { b: null } }, { 'a.b': 1 }],
    },
    {
      pattern: { a: ['x', { exists: false }] },
      yes: [{}, { a: 'x' }, { a: [] }],
      no: [{ a: 'y' }, { a: null }],
    },
    { pattern: { a: [{ exists: false }], b: ['x'] }, yes: [{ b: 'x' }], no: [{ a: 1, b: 'x' }, { b: 'y' }] },
    { pattern: { a: [{ exists: true }, { exists: false }] }, yes: [{}, { a: 1 }], no: [] },
  ],
  cidr: [
    {
      pattern: { a: [{ cidr: '10.0.0.0/24' }] },
      yes: [{ a: '10.0.0.0' }, { a: '10.0.0.255' }, { a: ['x', '10.0.0.7'] }],
      no: [
        { a: '10.0.1.0' },
        { a: '9.255.255.255' },
        { a: '10.0.0' },
        { a: '10.0.0.256' },
        { a: 10 },
        { a: 'x' },
        {},
      ],
    },
    {
      pattern: { a: [{ cidr: '10.0.0.200/24' }] },
      yes: [{ a: '10.0.0.1' }, { a: '10.0.0.255' }],
      no: [{ a: '10.0.1.1' }],
    },
    {
      pattern: { a: [{ cidr: '172.16.0.0/12' }] },
      yes: [{ a: '172.16.0.1' }, { a: '172.31.255.255' }],
      no: [{ a: '172.32.0.0' }, { a: '172.15.255.255' }],
    },
    {
      pattern: { a: [{ cidr: '192.168.1.128/31' }] },
      yes: [{ a: '192.168.1.129' }],
      no: [{ a: '192.168.1.130' }],
    },
    {
      pattern: { a: [{ cidr: '2001:DB8::/33' }] },
      yes: [{ a: '2001:db8::1' }, { a: '2001:0DB8:0000:0000:0000:0000:0000:0001' }, { a: '2001:db8:7fff::' }],
      no: [{ a: '2001:db8:8000::' }, { a: '2001:db9::' }, { a: '10.0.0.1' }, { a: '::1' }],
    },
    {
      pattern: { a: [{ cidr: '::1/127' }] },
      yes: [{ a: '::1' }, { a: '::' }],
      no: [{ a: '::2' }, { a: '0.0.0.1' }],
    },
    {
      pattern: { a: [{ cidr: '0.0.0.0/1' }] },
      yes: [{ a: '127.1.1.1' }],
      no: [{ a: '128.0.0.0' }, { a: '::' }],
    },
  ],
  wildcard: [
    {
      pattern: { a: [{ wildcard: '*.png' }] },
      yes: [{ a: '.png' }, { a: 'x.png' }, { a: '.png.png' }],
      no: [{ a: 'x.pngs' }, { a: 'png' }, { a: 1 }, {}],
    },
    {
      pattern: { a: [{ wildcard: '*' }] },
      yes: [{ a: '' }, { a: 'x\ny' }],
      no: [{ a: 1 }, { a: null }, { a: true }, {}, { a: [] }],
    },
    {
      pattern: { a: [{ wildcard: 'a*b*c' }] },
      yes: [{ a: 'abc' }, { a: 'a\nb\nc' }, { a: 'abcbc' }, { a: 'a-b-c' }],
      no: [{ a: 'acb' }, { a: 'ab' }, { a: 'xabc' }, { a: 'abcx' }],
    },
    {
      pattern: { a: [{ wildcard: '*ab*ab*' }] },
      yes: [{ a: 'abab' }, { a: 'xabyabz' }],
      no: [{ a: 'aba' }, { a: 'ab' }],
    },
    {
      pattern: { a: [{ wildcard: 'aba*aba' }] },
      yes: [{ a: 'abaaba' }, { a: 'aba-aba' }],
      no: [{ a: 'ababa' }, { a: 'aba' }],
    },
    { pattern: { a: [{ wildcard: '*aab*' }] }, yes: [{ a: 'aaab' }, { a: 'aabaab' }], no: [{ a: 'abab' }] },
    { pattern: { a: [{ wildcard: 'x' }] }, yes: [{ a: 'x' }], no: [{ a: 'xx' }, { a: '' }] },
    { pattern: { a: [{ wildcard: '' }] }, yes: [{ a: '' }], no: [{ a: 'x' }, { a: null }] },
    { pattern: { a: [{ wildcard: 'a?c' }] }, yes: [{ a: 'a?c' }], no: [{ a: 'abc' }] },
    { pattern: { a: [{ wildcard: 'a.c*' }] }, yes: [{ a: 'a.cd' }], no: [{ a: 'abcd' }] },
    { pattern: { a: [{ wildcard: '[ab]*' }] }, yes: [{ a: '[ab]x' }], no: [{ a: 'ax' }] },
    {
      pattern: { a: [{ wildcard: String.raw`a\*b` }] },
      yes: [{ a: 'a*b' }],
      no: [{ a: 'axb' }, { a: String.raw`a\*b` }],
    },
    {
      pattern: { a: [{ wildcard: String.raw`a\\b*` }] },
      yes: [{ a: String.raw`a\bc` }],
      no: [{ a: String.raw`a\\b` }],
    },
    { pattern: { a: [{ wildcard: String.raw`\**` }] }, yes: [{ a: '*' }, { a: '*x' }], no: [{ a: 'x*' }] },
    { pattern: { a: [{ wildcard: 'a*' }] }, yes: [{ a: 'a' }, { a: 'a😀' }], no: [{ a: 'A' }] },
  ],
  'anything-but': [
    {
      pattern: { a: [{ 'anything-but': 'x' }] },
      yes: [{ a: 'y' }, { a: '' }, { a: 1 }, { a: false }, { a: null }, { a: ['x', 'y'] }, { a: 'X' }],
      no: [{ a: 'x' }, {}, { a: [] }, { a: {} }, { a: ['x'] }, { a: ['x', 'x'] }, { a: { b: 1 } }],
    },
    {
      pattern: { a: [{ 'anything-but': ['x', 'y'] }] },
      yes: [{ a: 'z' }, { a: ['x', 'z'] }, { a: 5 }],
      no: [{ a: 'x' }, { a: 'y' }, { a: ['x', 'y'] }, {}],
    },
    {
      pattern: { a: [{ 'anything-but': 5 }] },
      yes: [{ a: '5' }, { a: 6 }, { a: null }, { a: true }],
      no: [{ a: 5 }, { a: 5.0 }, {}, { a: [5] }],
    },
    {
      pattern: { a: [{ 'anything-but': [0, 1] }] },
      yes: [{ a: 2 }, { a: 'x' }],
      no: [{ a: -0 }, { a: 1 }, { a: [0, 1] }],
    },
    { pattern: { a: [{ 'anything-but': '' }] }, yes: [{ a: ' ' }, { a: null }], no: [{ a: '' }, {}] },
    {
      pattern: { a: [{ 'anything-but': { prefix: 'in' } }] },
      yes: [{ a: 'out' }, { a: '' }, { a: 5 }, { a: null }, { a: ['init', 'x'] }],
      no: [{ a: 'init' }, { a: 'in' }, {}, { a: [] }],
    },
    {
      pattern: { a: [{ 'anything-but': { prefix: ['in', 'out'] } }] },
      yes: [{ a: 'x' }, { a: 1 }],
      no: [{ a: 'inner' }, { a: 'outer' }],
    },
    {
      pattern: { a: [{ 'anything-but': { suffix: '.tmp' } }] },
      yes: [{ a: 'x' }, { a: 0 }],
      no: [{ a: 'x.tmp' }, {}],
    },
    {
      pattern: { a: [{ 'anything-but': { suffix: ['a', 'b'] } }] },
      yes: [{ a: 'abc' }],
      no: [{ a: 'ba' }, { a: 'ab' }],
    },
    {
      pattern: { a: [{ 'anything-but': { 'equals-ignore-case': 'Dev' } }] },
      yes: [{ a: 'prod' }, { a: 'devs' }, { a: false }],
      no: [{ a: 'dev' }, { a: 'DEV' }, {}],
    },
    {
      pattern: { a: [{ 'anything-but': { 'equals-ignore-case': ['dev', 'ß'] } }] },
      yes: [{ a: 'x' }, { a: 'ss' }],
      no: [{ a: 'DeV' }, { a: 'SS' }],
    },
    {
      pattern: { a: [{ 'anything-but': { 'equals-ignore-case': '' } }] },
      yes: [{ a: 'x' }],
      no: [{ a: '' }],
    },
    {
      pattern: { a: [{ 'anything-but': { wildcard: '*/tmp/*' } }] },
      yes: [{ a: '/home' }, { a: 7 }, { a: '/tmp' }],
      no: [{ a: '/tmp/' }, { a: 'x/tmp/y' }, {}],
    },
    {
      pattern: { a: [{ 'anything-but': { wildcard: ['a*', '*z'] } }] },
      yes: [{ a: 'b' }, { a: ['a', 'b'] }],
      no: [{ a: 'ab' }, { a: 'bz' }, { a: ['a', 'z'] }],
    },
    { pattern: { a: [{ 'anything-but': 'x' }, 'x'] }, yes: [{ a: 'x' }, { a: 'y' }, { a: 1 }], no: [{}] },
  ],
};
