import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Tokens, cached, tokenise } from './tokens.ts';
import { type Comparison, isComparison } from './values.ts';

type Value = (parameters: readonly AttributeValue[]) => AttributeValue | undefined;

/** One write statement of PartiQL, as far as Fanfare writes them; values stand in parameters only. */
export type Statement =
  | { readonly kind: 'insert'; readonly table: string; readonly sets: readonly (readonly [string, Value])[] }
  | {
      readonly kind: 'update';
      readonly table: string;
      readonly sets: readonly (readonly [string, Value])[];
      readonly removes: readonly string[];
      readonly where: readonly {
        readonly name: string;
        readonly comparison: Comparison;
        readonly value: Value;
      }[];
    };

/** Reads a statement; one that the model does not know throws. */
export const readStatement = cached((text): Statement => {
  const tokens = tokenise(text);
  let parameters = 0;
  const parameter = (): Value => {
    tokens.expect('?');
    const index = parameters++;
    return (values) => values[index];
  };
  const kind = tokens.take().toUpperCase();
  if (kind === 'INSERT') return insert(tokens, parameter);
  if (kind === 'UPDATE') return update(tokens, parameter);
  throw new Error(`the model does not know ${kind} in ${text}`);
});

function insert(tokens: Tokens, parameter: () => Value): Statement {
  tokens.expect('INTO');
  const table = bare(tokens.take());
  tokens.expect('VALUE');
  tokens.expect('{');
  const sets: [string, Value][] = [];
  do {
    const name = bare(tokens.take());
    tokens.expect(':');
    sets.push([name, parameter()]);
  } while (tokens.accept(','));
  tokens.expect('}');
  return { kind: 'insert', table, sets };
}

function update(tokens: Tokens, parameter: () => Value): Statement {
  const table = bare(tokens.take());
  const sets: [string, Value][] = [];
  const removes: string[] = [];
  const where: { name: string; comparison: Comparison; value: Value }[] = [];
  for (let clause = tokens.take().toUpperCase(); ; clause = tokens.take().toUpperCase()) {
    if (clause === 'SET') {
      do {
        const name = bare(tokens.take());
        tokens.expect('=');
        sets.push([name, parameter()]);
      } while (tokens.accept(','));
    } else if (clause === 'REMOVE') {
      removes.push(bare(tokens.take()));
    } else if (clause === 'WHERE') {
      do {
        const name = bare(tokens.take());
        const comparison = tokens.take();
        if (!isComparison(comparison))
          throw new Error(`the model does not know the comparison ${comparison}`);
        where.push({ name, comparison, value: parameter() });
      } while (tokens.accept('AND'));
      if (!tokens.isOver()) throw new Error(`the model cannot read ${tokens.peek()} after WHERE`);
      return { kind: 'update', table, sets, removes, where };
    } else {
      throw new Error(`the model does not know the clause ${clause}`);
    }
  }
}

function bare(token: string): string {
  return token.replaceAll(/^["']|["']$/g, '');
}
