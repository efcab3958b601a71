import { checkHeader } from '../core/header-guard.ts';
import type { Reply } from '../core/outcome.ts';
import { describeError, redactSecrets } from '../core/redact.ts';
import { checkUrl } from '../core/url-guard.ts';
import { createAgents } from './agents.ts';
import { exchange } from './exchange.ts';
import { createGuardedLookup, type Resolve } from './guarded-lookup.ts';

export interface HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SendOptions {
  /** Total time, look-up to last byte. */
  readonly timeoutMs: number;
  /** Values that must not show up in what is reported. */
  readonly secrets: readonly string[];
  /** Reply bytes that are read; 64 KiB unless given. */
  readonly maxBytes?: number;
}

/** Sends a request and gives what came back; never throws. */
export type HttpSend = (call: HttpCall, options: SendOptions) => Promise<Reply>;

export interface HttpClient {
  readonly send: HttpSend;
  /** Closes idle connections. */
  readonly close: () => void;
}

export interface HttpOptions {
  /** Loopback `host:port` values that are let through (`readLocalHosts`). */
  readonly localHosts: readonly string[];
  readonly resolve?: Resolve;
  /** Root certificates instead of the built-in ones. */
  readonly ca?: string;
  readonly dnsLimitMs?: number;
}

const MAX_REPLY_BYTES = 64 * 1024;

/**
 * The way to addresses that other people wrote down. It refuses what the URL guard refuses, connects only to
 * addresses it has checked, and says of every failure whether the request may have arrived.
 */
export function createHttp({ localHosts, resolve, ca, dnsLimitMs }: HttpOptions): HttpClient {
  const guarded = createAgents({ lookup: createGuardedLookup(resolve, dnsLimitMs), ca });
  const local = createAgents({ ca });
  // Let through because of `localHosts` and for no other reason.
  const isLocal = (url: string): boolean =>
    localHosts.length > 0 && checkUrl(url, { localHosts: [] }) !== undefined;
  return {
    async send(call, options) {
      const issue = checkUrl(call.url, { localHosts });
      if (issue !== undefined)
        return refusal(issue.code === 'validation' ? 'settings' : 'blocked', `the URL ${issue.message}`);
      return carry(call, options, isLocal(call.url) ? local : guarded);
    },
    close() {
      guarded.close();
      local.close();
    },
  };
}

/** The way to AWS and other addresses of our own choosing: same client, no address guard. */
export function createTrustedHttp(): HttpClient {
  const agents = createAgents({});
  return { send: (call, options) => carry(call, options, agents), close: () => agents.close() };
}

async function carry(
  call: HttpCall,
  { timeoutMs, secrets, maxBytes = MAX_REPLY_BYTES }: SendOptions,
  agents: ReturnType<typeof createAgents>,
): Promise<Reply> {
  for (const [name, value] of Object.entries(call.headers)) {
    const issue = checkHeader(name, value);
    if (issue !== undefined) return refusal('settings', issue);
  }
  const url = new URL(call.url);
  const result = await exchange({ ...call, url }, { agent: agents.forUrl(url), timeoutMs, maxBytes });
  if (result.kind === 'reply') return { ...result, body: redactSecrets(result.body, secrets) };
  const { kind, reason, started, error } = result;
  return { kind, reason, started, detail: describeError(error, secrets) };
}

function refusal(reason: 'blocked' | 'settings', detail: string): Reply {
  return { kind: 'failure', reason, started: false, detail };
}
