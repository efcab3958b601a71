/** What one PartiQL statement does, as far as permissions and write units depend on it. */
export interface ReadStatement {
  readonly kind: 'Insert' | 'Update' | 'Delete' | 'Select';
  readonly table: string;
  readonly index?: string;
  /** Attributes that get a value, with the position of its parameter if it is one. */
  readonly sets: ReadonlyMap<string, number | undefined>;
  readonly removes: readonly string[];
  /** Equality conditions on a parameter: attribute -> its position. */
  readonly where: ReadonlyMap<string, number>;
}

const SHAPES = [
  ['Insert', /^\s*INSERT\s+INTO\s+"([^"]+)"\s+VALUE\s*\{([^]*)\}/i],
  ['Update', /^\s*UPDATE\s+"([^"]+)"\s+(SET\b[^]*?)\s+WHERE\s+([^]*)$/i],
  ['Delete', /^\s*DELETE\s+FROM\s+"([^"]+)"()\s+WHERE\s+([^]*)$/i],
  ['Select', /^\s*SELECT\s+[^]*?\s+FROM\s+"([^"]+)"(?:\."([^"]+)")?(?:\s+WHERE\s+([^]*))?$/i],
] as const;

const cache = new Map<string, ReadStatement>();
const MAX_CACHED = 500;

/** Reads a statement; throws for one it does not understand. Few texts come again and again. */
export function readStatement(text: string): ReadStatement {
  const known = cache.get(text);
  if (known) return known;
  const statement = read(text);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(text, statement);
  return statement;
}

function read(text: string): ReadStatement {
  for (const [kind, shape] of SHAPES) {
    const [whole, table, middle = '', conditions = ''] = shape.exec(text) ?? [];
    if (whole === undefined || table === undefined) continue;
    const none = { sets: new Map(), removes: [], where: equalities(conditions, placeholders(middle)) };
    switch (kind) {
      case 'Insert':
        return { kind, table, ...none, sets: members(middle) };
      case 'Update': {
        const removes = [...middle.matchAll(/\bREMOVE\s+"?([\w.-]+)"?/gi)].map(([, name]) => name ?? '');
        return { kind, table, ...none, sets: assignments(middle), removes };
      }
      case 'Delete':
        return { kind, table, ...none };
      case 'Select':
        return { kind, table, ...none, where: equalities(conditions, 0), ...(middle && { index: middle }) };
    }
  }
  throw new Error(`cannot read PartiQL: ${text.slice(0, 200)}`);
}

/** `'name': ?` pairs of an INSERT. */
function members(text: string): ReadonlyMap<string, number | undefined> {
  return numbered(text, /'((?:[^']|'')+)'\s*:\s*(\?|'(?:[^']|'')*'|[^,}]+)/g, 0);
}

/** `"name" = ?` pairs of an UPDATE. */
function assignments(text: string): ReadonlyMap<string, number | undefined> {
  return numbered(text, /"([^"]+)"\s*=\s*(\?|'(?:[^']|'')*'|[^,]+)/g, 0);
}

function equalities(text: string, before: number): ReadonlyMap<string, number> {
  const found = numbered(text, /"?([\w.-]+)"?\s*=\s*(\?)/g, before);
  return new Map([...found].filter((pair): pair is [string, number] => pair[1] !== undefined));
}

/** Every match of `name ... value`, with the position of its placeholder among all placeholders. */
function numbered(text: string, pattern: RegExp, before: number): Map<string, number | undefined> {
  return new Map(
    [...text.matchAll(pattern)].map((match) => {
      const [, name = '', value = ''] = match;
      const position = before + placeholders(text.slice(0, match.index));
      return [name, value === '?' ? position : undefined] as const;
    }),
  );
}

/** Placeholders outside of quotes. */
function placeholders(text: string): number {
  return text.replace(/'(?:[^']|'')*'|"[^"]*"/g, '').split('?').length - 1;
}
