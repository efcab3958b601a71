/** A `when` expression that cannot be used; the message begins with the place. */
export class WhenError extends Error {
  override readonly name = 'WhenError';
  /** Where in its line, counted from 1. */
  readonly column: number;
  /** Counted from 1. */
  readonly line: number;

  constructor(text: string, at: number, detail: string) {
    const before = text.slice(0, at).split('\n');
    const line = before.length;
    const column = (before.at(-1) ?? '').length + 1;
    super(`${line > 1 ? `line ${line}, ` : ''}column ${column}: ${detail}`);
    this.line = line;
    this.column = column;
  }
}
