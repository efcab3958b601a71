import type { Channel } from '../../channel.ts';
import { type Catalog, type Destination, limitsOf } from '../../core/catalog.ts';
import { wireId } from '../../core/delivery.ts';
import { isoTime } from '../../core/iso-time.ts';
import type { Notification } from '../../core/notification.ts';
import type { OutboundRequest } from '../../core/outbound.ts';
import { redact, redactSecrets } from '../../core/redact.ts';
import type { ScopeId, ScopeState } from '../../core/scope.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { PrepareDeps } from '../deliver/prepare.ts';

export interface SendingDeps {
  readonly open: PrepareDeps['open'];
  readonly channels: ReadonlyMap<string, Channel>;
  readonly scopeState: (scope: ScopeId) => Promise<ScopeState>;
}

interface Pending {
  readonly tenant: string;
  readonly destination: Destination;
  readonly notification: Notification;
  readonly atMs: number;
}

/**
 * What the first attempt would send, without its secrets, and when the limits and breakers of all its scopes would let
 * it pass, as they stand now: `expectedAt`, the end of the line before it included.
 */
export async function sendingOf(pending: Pending, catalog: Catalog, deps: SendingDeps): Promise<object> {
  const { tenant, destination, notification, atMs } = pending;
  const { id } = destination;
  const channel = deps.channels.get(destination.channel);
  if (!channel) return {};
  const opened = await deps
    .open(tenant, channel, destination, limitsOf(catalog, id))
    .catch(() => ({ ok: false, detail: 'its secrets cannot be looked up now' }) as const);
  if (!opened.ok) return { fault: opened.detail };
  const { target } = opened;
  const states = await Promise.all(target.scopes.map((scope) => deps.scopeState({ tenant, id: scope.id })));
  const request = target.request(notification, { wireId: wireId(tenant, notification.id, id), n: 1, atMs });
  return {
    request: shown(request, target.secrets),
    expectedAt: isoTime(Math.max(atMs, ...states.map(freeAt))),
  };
}

/** Who comes now stands behind all who wait; an open circuit may let a probe pass when it ends. */
function freeAt({ tat = 0, line = 0, breaker }: ScopeState): number {
  return Math.max(tat, line, breaker?.untilMs ?? 0);
}

/** Headers carry signatures and tokens, and nothing that people want to read. */
function shown(request: OutboundRequest, secrets: readonly string[]): object {
  const clean = (text: string): string => redactSecrets(text, secrets);
  if (request.transport === 'smtp') {
    const { from, to, subject, text, html } = request;
    return { transport: 'smtp', from, to, subject: clean(subject), text: clean(text), html: clean(html) };
  }
  const place =
    request.transport === 'http' ? { url: redact(request.url, secrets) } : { service: request.service };
  return {
    transport: request.transport,
    method: request.method,
    ...place,
    body: readable(clean(request.body)),
  };
}

function readable(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return body;
  }
}
