/** A statement of an identity policy, everything resolved. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/**
 * Decides like IAM: a matching Deny ends it, then one matching Allow is enough, else no. Actions match
 * without regard to case, `*` and `?` are wild in both.
 */
export function isAllowed(statements: readonly Statement[], action: string, resource: string): boolean {
  const speaksOf = ({ actions, resources }: Statement): boolean =>
    actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    resources.some((pattern) => matches(pattern, resource));
  const relevant = statements.filter(speaksOf);
  return relevant.length > 0 && relevant.every(({ effect }) => effect === 'Allow');
}

/** `*` and `?` are wild. Linear in both lengths but for the last star, which is all a glob needs. */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
