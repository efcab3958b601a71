import type { Door, Provider } from './provider.ts';
import { PROVIDERS } from './providers.ts';

interface Found {
  readonly provider: Provider;
  readonly door: Door;
  readonly params: Record<string, string>;
}

/** Whose door a path is, with the named groups of the path decoded; of several the one for the method. */
export function findDoor(path: string, method: string): Found | undefined {
  const doors = PROVIDERS.flatMap((provider) =>
    provider.doors.map((door) => ({ provider, door, match: door.path.exec(path) })),
  ).filter(({ match }) => match);
  const found = doors.find(({ door }) => door.methods.includes(method)) ?? doors[0];
  if (!found) return undefined;
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(found.match?.groups ?? {})) params[name] = decode(value);
  return { ...found, params };
}

/** A broken escape is part of somebody's name, not a reason to fail. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
