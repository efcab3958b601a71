import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { isBlockedAddress } from '../core/address.ts';
import { BlockedAddressError } from './guarded-lookup.ts';

export interface Agents {
  /** The agent for a URL. Connections that have idled too long are closed first. */
  readonly forUrl: (url: URL) => HttpAgent;
  readonly close: () => void;
}

export interface AgentsOptions {
  readonly lookup?: LookupFunction;
  readonly ca?: string | undefined;
  readonly now?: () => number;
}

const MAX_IDLE = 100;
/**
 * A send that waits here for a connection has left its slot behind, and nobody sees it: 100 a second to a provider that
 * takes 300 ms are 30 at a time. Destinations without a rate are kept to ten each by whoever sends.
 */
const MAX_PER_HOST = 100;
const MAX_IDLE_MS = 90_000;

/**
 * Connections kept alive between requests: a TLS handshake costs fifteen times as much as a request on an open
 * connection. With a guarded `lookup`, literal addresses are guarded as well; `ca` replaces the
 * root certificates.
 */
export function createAgents({ lookup, ca, now = Date.now }: AgentsOptions): Agents {
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: MAX_PER_HOST,
    maxFreeSockets: MAX_PER_HOST,
    timeout: MAX_IDLE_MS,
    ...(lookup && { lookup }),
  };
  const plain = new HttpAgent(options);
  const secure = new HttpsAgent({ ...options, ...(ca !== undefined && { ca }) });
  if (lookup) for (const agent of [plain, secure]) guardLiterals(agent);
  const idleSince = new WeakMap<Socket, number>();
  for (const agent of [plain, secure]) agent.on('free', (socket: Socket) => idleSince.set(socket, now()));
  return {
    forUrl(url) {
      prune([plain, secure], idleSince, now());
      return url.protocol === 'https:' ? secure : plain;
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Node looks up names only: a literal address would pass by the guard. */
function guardLiterals(agent: HttpAgent): void {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const host = options.host ?? '';
    if (isIP(host) === 0 || !isBlockedAddress(host)) return connect(options, callback);
    // The type wants a stream beside an error: this one never connects.
    callback?.(new BlockedAddressError(host), new Socket());
    return undefined;
  };
}

/**
 * Closes what is too old or too many. Socket timers do not see the time for which Lambda froze the process,
 * and a connection that the other side has long closed would fail the next request half way. The time-out of an
 * idle socket is ours, or less if the other side has announced less (`keep-alive: timeout=5`).
 */
function prune(agents: readonly HttpAgent[], idleSince: WeakMap<Socket, number>, nowMs: number): void {
  const idle = agents.flatMap(({ freeSockets }) =>
    Object.values(freeSockets).flatMap((sockets) => sockets ?? []),
  );
  if (idle.length === 0) return;
  const since = (socket: Socket): number => idleSince.get(socket) ?? 0;
  const oldestFirst = idle.length > MAX_IDLE ? idle.toSorted((a, b) => since(a) - since(b)) : idle;
  for (const [at, socket] of oldestFirst.entries()) {
    if (at < idle.length - MAX_IDLE || nowMs - since(socket) > (socket.timeout ?? MAX_IDLE_MS))
      socket.destroy();
  }
}
