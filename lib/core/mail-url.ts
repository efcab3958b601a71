import { checkUrl } from './url-guard.ts';

/** A mail server, as `smtp://user:password@host:port` or `smtps://...` names it. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS when it is offered. */
  readonly secure: boolean;
  readonly user?: string;
  readonly password?: string;
  /** A loopback address of the local stack. */
  readonly local: boolean;
}

const DEFAULT_PORT = { 'smtp:': 587, 'smtps:': 465 } as const;

/** Reads the URL of a mail server; the message says what is wrong and never repeats the URL. */
export function parseMailUrl(
  text: string,
  localHosts: readonly string[],
): { ok: true; server: MailServer } | { ok: false; code: 'validation' | 'url-blocked'; message: string } {
  const url = URL.parse(text);
  if (url === null || !isScheme(url.protocol) || url.hostname === '') {
    return invalid('must be a URL like smtp://user:password@mail.example.com:587');
  }
  if (/[\s\\#?]/.test(text) || !['', '/'].includes(url.pathname))
    return invalid('must end after the host and port');
  const port = Number(url.port || DEFAULT_PORT[url.protocol]);
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const local = localHosts.includes(`${url.hostname.toLowerCase()}:${port}`);
  // As a host of https it is normalised (127.1, octal, wide digits) and judged by the same rules.
  const issue = local ? undefined : checkUrl(`https://${url.hostname}/`, { localHosts: [] });
  if (issue !== undefined) {
    return issue.code === 'url-blocked'
      ? { ok: false, code: issue.code, message: issue.message }
      : invalid('must name a mail server');
  }
  const user = decode(url.username);
  const password = decode(url.password);
  if (user === undefined || password === undefined)
    return invalid('must have user and password percent-encoded');
  const login = user === '' ? {} : { user, password };
  return { ok: true, server: { host, port, secure: url.protocol === 'smtps:', local, ...login } };
}

function isScheme(protocol: string): protocol is keyof typeof DEFAULT_PORT {
  return Object.hasOwn(DEFAULT_PORT, protocol);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function invalid(message: string): { ok: false; code: 'validation'; message: string } {
  return { ok: false, code: 'validation', message };
}
