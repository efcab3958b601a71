import type { Channel } from './channel.ts';

// Placeholder: names only, until lib/channels is in place. Overwrite freely.
export const registry: ReadonlyMap<string, Channel> = new Map(
  ['slack', 'discord', 'telegram', 'email', 'webhook'].map((name) => [name, { name } as Channel]),
);
