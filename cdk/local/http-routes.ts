import type { RouteSpec } from './stack-model.ts';

/** The route a request takes, and the values of its path parameters. */
export interface RouteMatch {
  readonly route: RouteSpec;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Chooses a route as HTTP APIs do: the most specific path first (literal before `{name}` before `{name+}`), a
 * method before ANY, `$default` for the rest.
 */
export function matchRoute(
  routes: readonly RouteSpec[],
  method: string,
  path: string,
): RouteMatch | undefined {
  const found = routes
    .map((route) => ({ route, ...fit(route.key, method, path) }))
    .filter(({ params }) => params !== undefined)
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))[0];
  return found?.params && { route: found.route, params: found.params };
}

interface Fit {
  /** Smaller is more specific. */
  readonly rank: string;
  readonly params?: Readonly<Record<string, string>>;
}

const NO: Fit = { rank: '' };

function fit(key: string, method: string, path: string): Fit {
  if (key === '$default') return { rank: '~', params: {} };
  const [wantedMethod = '', pattern = ''] = key.split(' ');
  if (wantedMethod !== method && wantedMethod !== 'ANY') return NO;
  const wanted = pattern.split('/');
  const given = path.split('/');
  const params: Record<string, string> = {};
  let rank = '';
  for (const [i, segment] of wanted.entries()) {
    const [, name, greedy] = /^\{(\w+)(\+?)\}$/.exec(segment) ?? [];
    if (name !== undefined && greedy) {
      if (i >= given.length) return NO;
      return { rank: `${rank}2`, params: { ...params, [name]: decode(given.slice(i).join('/')) } };
    }
    const value = given[i];
    if (
      value === undefined ||
      (name === undefined && value !== segment) ||
      (name !== undefined && value === '')
    ) {
      return NO;
    }
    if (name !== undefined) params[name] = decode(value);
    rank += name === undefined ? '0' : '1';
  }
  if (given.length !== wanted.length) return NO;
  return { rank: `${rank}${wantedMethod === 'ANY' ? 'b' : 'a'}`, params };
}

/** Percent-encoding undone; a text that has none in order stays as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
