export type PatternPath = readonly (string | number)[];

/** A pattern that cannot be used; `path` leads to the place, member by member, and the message begins with it. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  readonly path: PatternPath;
  /** What to write instead, without the path. */
  readonly detail: string;

  constructor(path: PatternPath, detail: string) {
    super(`${showPath(path)}: ${detail}`);
    this.path = path;
    this.detail = detail;
  }
}

const PLAIN = /^[\w$-]{1,64}$/;

/** `data.level[0]`; names that a person could misread stand in quotes, long ones are cut. */
export function showPath(path: PatternPath): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return PLAIN.test(step) ? `.${step}` : `[${JSON.stringify(step.slice(0, 64))}]`;
  });
  return path.length === 0 ? 'the pattern' : steps.join('').replace(/^\./, '');
}
