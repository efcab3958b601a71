import type { Door, Provider } from './provider.ts';
import { PROVIDERS } from './providers.ts';

/** Whose door a path is, with the named groups of the path decoded. */
export function findDoor(
  path: string,
): { provider: Provider; door: Door; params: Record<string, string> } | undefined {
  for (const provider of PROVIDERS) {
    for (const door of provider.doors) {
      const match = door.path.exec(path);
      if (!match) continue;
      const params = Object.fromEntries(
        Object.entries(match.groups ?? {}).map(([name, value]) => [name, decode(value)]),
      );
      return { provider, door, params };
    }
  }
  return undefined;
}

/** A broken escape is part of somebody's name, not a reason to fail. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
