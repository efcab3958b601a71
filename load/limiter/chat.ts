import { type Channel, type OutboundRequest, type ScopeSpec, defineChannel } from '../../lib/channel.ts';
import type { Rate } from '../../lib/core/catalog.ts';

/** What limits the destinations of a world. */
export interface ChatLimits {
  /** Of each destination. */
  readonly rate?: Rate | undefined;
  /** Of several. */
  readonly scopes?: readonly ScopeSpec<ChatSettings>[] | undefined;
  readonly retryMs: readonly number[];
  /** What would wait for more than a minute is told together. */
  readonly merges?: boolean | undefined;
}

export interface ChatSettings {
  readonly url: string;
}

/** A channel that only has limits. */
export function chat({ rate, scopes, retryMs, merges }: ChatLimits): Channel {
  return defineChannel({
    name: 'chat',
    title: 'Chat',
    fields: { url: { kind: 'url', about: 'where to' } },
    payload: 'text',
    ...(rate && { rate }),
    ...(scopes && { scopes }),
    ...(merges && { merges }),
    timeoutMs: 10_000,
    retryMs,
    request: ({ id, text }, { url }) => ({
      transport: 'http',
      method: 'POST',
      url,
      headers: {},
      body: JSON.stringify({ id, text }),
    }),
  });
}

export function settingsOf(destination: string): ChatSettings {
  return { url: `https://${destination}.example/` };
}

/** The destination that settings are of. */
export function destinationOf({ url }: ChatSettings): string {
  return new URL(url).hostname.split('.')[0] ?? '';
}

/** Which events a request brings where: one has no text, of several each has a line with its title. */
export function readRequest(request: OutboundRequest): {
  readonly events: readonly string[];
  readonly destination: string;
} {
  if (request.transport !== 'http') throw new Error('a chat takes HTTP');
  const { id, text } = JSON.parse(request.body) as { readonly id: string; readonly text: string };
  return { events: text === '' ? [id] : text.split('\n'), destination: destinationOf(request) };
}
