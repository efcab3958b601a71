export interface Updated {
  readonly sets: ReadonlySet<string>;
  readonly removes: ReadonlySet<string>;
}

/** Top-level attributes that an UpdateExpression sets and removes; `names` are its `#` placeholders. */
export function updatedAttributes(expression: string, names: Readonly<Record<string, string>>): Updated {
  const clauses = expression.split(/\b(SET|REMOVE|ADD|DELETE)\b/i);
  const sets = new Set<string>();
  const removes = new Set<string>();
  for (let i = 1; i < clauses.length; i += 2) {
    const target = clauses[i]?.toUpperCase() === 'REMOVE' ? removes : sets;
    for (const action of outerParts(clauses[i + 1] ?? '')) {
      const [path = ''] = /[#\w]+/.exec(action) ?? [];
      if (path) target.add(names[path] ?? path);
    }
  }
  return { sets, removes };
}

/** Splits at commas that stand in no parenthesis. */
function outerParts(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
