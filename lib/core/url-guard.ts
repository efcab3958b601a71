import { isBlockedAddress, isLoopback, parseAddress } from './address.ts';

/** Why a URL is refused: a problem slug, and a sentence that never repeats the URL (it may be a secret). */
export interface UrlIssue {
  readonly code: 'url-scheme' | 'url-blocked' | 'loop' | 'validation';
  readonly message: string;
}

export interface UrlRules {
  /** Hosts it may point at; a name with a leading dot allows the hosts below it. Absent: any public host. */
  readonly hosts?: readonly string[] | undefined;
  /** The path must begin with this. */
  readonly pathPrefix?: string | undefined;
  /** Loopback `host:port` values of the local stack (`parseLocalHosts`); they may use http and any path. */
  readonly localHosts: readonly string[];
  /** Host of Fanfare's own API: sending there would feed it its own messages. */
  readonly apiHost?: string | undefined;
}

const MAX_LENGTH = 2_048;
const PORTS: ReadonlySet<string> = new Set(['', '443', '8443']);
/** Names that only mean something inside a network. */
const INTERNAL_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa)$/;

/**
 * Checks a URL before anything is sent there, without looking anything up; the connector checks the
 * addresses its name resolves to. `undefined` means it is fine.
 */
export function checkUrl(text: string, rules: UrlRules): UrlIssue | undefined {
  // The URL parser drops tabs and line breaks and reads `\` as `/`; a person who wrote them meant something else.
  if (text.length > MAX_LENGTH) return invalid(`must have at most ${MAX_LENGTH} characters`);
  if (/[\s\\]|\p{Cc}/u.test(text))
    return invalid('must not contain spaces, control characters or backslashes');
  const url = URL.parse(text);
  if (url === null) return invalid('must be a URL like https://example.com/path');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return schemeIssue();
  if (/^[a-z]+:\/*[^/?#]*@/i.test(text))
    return invalid('must not contain a user or password before the host');
  if (text.includes('#')) return invalid('must not contain a fragment (#)');
  if (rules.localHosts.includes(hostAndPort(url))) return undefined;
  if (url.protocol !== 'https:') return schemeIssue();
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isInternalHost(host)) return { code: 'url-blocked', message: 'must point at a public host' };
  if (!PORTS.has(url.port)) return invalid('must use port 443 or 8443');
  if (url.hostname.endsWith('.')) return invalid('must not have a dot after the host name');
  if (rules.apiHost !== undefined && host === rules.apiHost.toLowerCase()) {
    return { code: 'loop', message: 'must not point at the API of Fanfare itself' };
  }
  return checkAllowed(url, host, rules);
}

function checkAllowed(url: URL, host: string, { hosts, pathPrefix }: UrlRules): UrlIssue | undefined {
  if (hosts !== undefined && !hosts.some((allowed) => isUnder(host, allowed))) {
    return invalid(`must point at ${hosts.map((name) => name.replace(/^\./, '*.')).join(' or ')}`);
  }
  if (pathPrefix !== undefined && !url.pathname.startsWith(pathPrefix)) {
    return invalid(`must have a path that begins with ${pathPrefix}`);
  }
  return undefined;
}

function isUnder(host: string, allowed: string): boolean {
  return allowed.startsWith('.') ? host.endsWith(allowed) : host === allowed;
}

/** `host:port` of a URL with the default port of its scheme filled in, as local hosts are written. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

/** A literal address that is blocked, or a name without a public meaning. */
function isInternalHost(host: string): boolean {
  if (parseAddress(host) !== undefined) return isBlockedAddress(host);
  return !host.includes('.') || INTERNAL_NAME.test(host);
}

/**
 * Reads `FANFARE_LOCAL_HOSTS`: comma-separated `host:port` of this machine.
 * @throws Error when an entry is not a loopback address with a port: the hole must stay that small.
 */
export function parseLocalHosts(text: string | undefined): string[] {
  const entries = (text ?? '').split(',').map((entry) => entry.trim().toLowerCase());
  return entries.filter(Boolean).map((entry) => {
    const [, host = '', port = ''] = /^(\[[\da-f:.]+\]|[\d.]+|localhost):(\d{1,5})$/.exec(entry) ?? [];
    if (port !== '' && (host === 'localhost' || isLoopback(host.replace(/[[\]]/g, '')))) return entry;
    throw new Error(`not a loopback host:port: ${entry}`);
  });
}

function invalid(message: string): UrlIssue {
  return { code: 'validation', message };
}

function schemeIssue(): UrlIssue {
  return { code: 'url-scheme', message: 'must begin with https://' };
}
