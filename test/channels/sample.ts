import type { Channel, Target } from '../../lib/channel.ts';
import type { Reply } from '../../lib/core/outcome.ts';

export const NOW = Date.parse('2026-11-21T04:05:06Z');

export function openTarget(channel: Channel, settings: Readonly<Record<string, unknown>>): Target {
  return channel.open(settings, { tenant: 'acme', destination: 'ops' });
}

export function replyOf(status: number, body: unknown = '', headers: Record<string, string> = {}): Reply {
  return { kind: 'reply', status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}
