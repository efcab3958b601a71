import type { Channel } from './channel.ts';
import * as channels from './channels/index.ts';

/** Every channel by name. */
export const registry: ReadonlyMap<string, Channel> = new Map(
  Object.values(channels).map((channel) => [channel.name, channel]),
);

export const channelNames: readonly string[] = [...registry.keys()];
