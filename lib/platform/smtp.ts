import type { SendMailOptions } from 'nodemailer';
import type { MailRequest } from '../channel.ts';
import { type MailServer, parseMailUrl } from '../core/mail-url.ts';
import type { Reply } from '../core/outcome.ts';
import { describeError, redactSecrets } from '../core/redact.ts';
import { DeadlineError, reasonOf } from './exchange.ts';
import { createGuardedLookup, type Resolve } from './guarded-lookup.ts';
import { ConnectError, type Sessions, createSessions } from './mail-sessions.ts';
import type { PostOptions } from './post.ts';

export interface SmtpClient {
  /** Sends one mail; the reply's `status` is the SMTP code. Never throws. */
  readonly send: (mail: MailRequest, options: PostOptions) => Promise<Reply>;
  /** Ends idle sessions. */
  readonly close: () => void;
}

export interface SmtpOptions {
  /** Loopback `host:port` values that are let through (`readLocalHosts`). */
  readonly localHosts: readonly string[];
  readonly resolve?: Resolve;
  /** Root certificates instead of the built-in ones. */
  readonly ca?: string;
}

const MAX_SERVERS = 20;

/**
 * Mail over SMTP: sessions are kept per server and login, because a session costs six round trips and a mail
 * on an open one three. Servers are reached through the same address check as every other destination.
 */
export function createSmtp({ localHosts, resolve, ca }: SmtpOptions): SmtpClient {
  const lookup = createGuardedLookup(resolve);
  const pools = new Map<string, Sessions>();

  function poolOf(url: string, server: MailServer): Sessions {
    const pool = pools.get(url) ?? createSessions(server, { lookup, ca });
    // Last used last: the first is the one to let go.
    pools.delete(url);
    pools.set(url, pool);
    const [[oldest, idle] = []] = pools;
    if (pools.size > MAX_SERVERS && oldest !== undefined) {
      pools.delete(oldest);
      idle?.close();
    }
    return pool;
  }

  return {
    async send(mail, { timeoutMs, secrets }) {
      const parsed = parseMailUrl(mail.url, localHosts);
      if (!parsed.ok)
        return refusal(
          parsed.code === 'url-blocked' ? 'blocked' : 'settings',
          `the mail server ${parsed.message}`,
        );
      const withUrl = [...secrets, mail.url, ...(parsed.server.password ? [parsed.server.password] : [])];
      try {
        const response = await deliver(poolOf(mail.url, parsed.server), mail, timeoutMs);
        return replyOf(response, withUrl);
      } catch (error) {
        return replyOfError(error, withUrl);
      }
    },
    close() {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    },
  };
}

async function deliver(pool: Sessions, mail: MailRequest, timeoutMs: number): Promise<string> {
  const { from, to, subject, text, html, headers, messageId } = mail;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DeadlineError(timeoutMs)), timeoutMs);
  const message: SendMailOptions & { signal: AbortSignal } = {
    from,
    to,
    subject,
    text,
    html,
    messageId: `<${messageId}>`,
    ...(headers && { headers: onOneLine(headers) }),
    signal: late.signal,
  };
  try {
    return (await pool.sendMail(message)).response;
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Folded headers break the signatures of some servers, List-Unsubscribe above all (nodemailer issue 1654). */
function onOneLine(headers: Readonly<Record<string, string>>): NonNullable<SendMailOptions['headers']> {
  const lines = Object.entries(headers).map(([name, value]) => [name, { prepared: true, value }] as const);
  return Object.fromEntries(lines);
}

/** What nodemailer adds to an error. */
interface SmtpFacts {
  readonly code?: string;
  readonly originalCode?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

function replyOf(
  response: string,
  secrets: readonly string[],
  status = Number(response.slice(0, 3)) || 250,
): Reply {
  return { kind: 'reply', status, headers: {}, body: redactSecrets(response, secrets) };
}

const TLS_CODE = /CERT|^UNABLE_TO_|^ERR_(TLS|SSL)_|^EPROTO$/;

/** What the server refused is a reply; everything else is a failure of its class. */
function replyOfError(thrown: unknown, secrets: readonly string[]): Reply {
  const error: Error & SmtpFacts = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (error.responseCode !== undefined) return replyOf(error.response ?? '', secrets, error.responseCode);
  const detail = describeError(error, secrets);
  if (error instanceof ConnectError) {
    return { kind: 'failure', reason: error.reason, started: false, detail };
  }
  // STARTTLS comes before the mail; after it, nobody can say how far the mail got.
  if (error.code === 'ETLS' || TLS_CODE.test(error.originalCode ?? '')) {
    return { kind: 'failure', reason: 'tls', started: false, detail };
  }
  if (error.code === 'EENVELOPE' || error.code === 'EAUTH') return refusal('settings', detail);
  return { kind: 'failure', reason: reasonOf(error, 'sent'), started: true, detail };
}

function refusal(reason: 'blocked' | 'settings', detail: string): Reply {
  return { kind: 'failure', reason, started: false, detail };
}
