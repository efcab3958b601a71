/**
 * Takes secrets out of text that people will see. Redact before cutting: half a secret is not recognised.
 * URLs lose everything after the host, because paths of webhooks are secrets whether we know them or not.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const clean = redactSecrets(text, secrets);
  // Most of what is logged is an id.
  if (!clean.includes('://')) return clean;
  return clean.replace(URLS, (_, scheme: string, host: string) => `${scheme}${host}/${MARK}`);
}

/** Takes known secrets out of text and leaves everything else, URLs included, as it is. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  const known = secretsPattern(secrets);
  return known === undefined || text === '' ? text : text.replace(known, MARK);
}

/** What an error says, with its causes, on one line and without secrets; at most 500 characters. */
export function describeError(error: unknown, secrets: readonly string[] = []): string {
  return redact(chain(error).map(sayError).join('; caused by '), secrets).replace(/\s+/g, ' ').slice(0, 500);
}

/** An error as a log line may carry it: name, the messages of its chain, and the stack of the first. */
export function redactError(
  error: unknown,
  secrets: readonly string[] = [],
): { readonly name: string; readonly message: string; readonly stack?: string } {
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    name: error instanceof Error ? error.name : typeof error,
    message: describeError(error, secrets),
    ...(stack === undefined ? {} : { stack: redact(stack, secrets).slice(0, 2_000) }),
  };
}

const MARK = '[redacted]';
/** Shorter texts are no secrets, and replacing them would blank everything. */
const SHORTEST = 4;
const SHORTEST_PATH_SEGMENT = 12;
const URLS = /\b([a-z][a-z\d+.-]{1,15}:\/\/)(?:[^\s/@"'<>]*@)?([^\s/?#@"'<>]+)[/?#][^\s"'<>]*/gi;
const MAX_CAUSES = 5;

const patterns = new WeakMap<readonly string[], RegExp>();

/** Built once per list of secrets: a batch to one destination shares its list. */
function secretsPattern(secrets: readonly string[]): RegExp | undefined {
  if (secrets.length === 0) return undefined;
  const seen = patterns.get(secrets);
  if (seen !== undefined) return seen;
  const variants = [...new Set(secrets.flatMap(variantsOf))].filter((variant) => variant.length >= SHORTEST);
  if (variants.length === 0) return undefined;
  // Longest first, or a part would be replaced and leave the rest readable.
  const pattern = new RegExp(
    variants
      .toSorted((a, b) => b.length - a.length)
      .map(escape)
      .join('|'),
    'gi',
  );
  patterns.set(secrets, pattern);
  return pattern;
}

/** The forms in which a secret turns up: encoded, quoted, without its prefix, as parts of a URL. */
function variantsOf(secret: string): string[] {
  return [secret, secret.replace(/^whs(ec|k)_/, ''), ...partsOfUrl(secret)].flatMap(encodings);
}

function encodings(text: string): string[] {
  // A lone surrogate cannot be percent-encoded; it cannot be in a URL either.
  const inUrl = text.isWellFormed() ? [encodeURIComponent(text), encodeURI(text)] : [];
  const bytes = Buffer.from(text);
  const inHeader = [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
  return [text, JSON.stringify(text).slice(1, -1), ...inUrl, ...inHeader];
}

function partsOfUrl(secret: string): string[] {
  const url = URL.parse(secret);
  if (url === null || url.host === '') return [];
  const { username, password, pathname, search } = url;
  const segments = pathname.split('/').filter((segment) => segment.length >= SHORTEST_PATH_SEGMENT);
  const login =
    username && password
      ? [`${decode(username)}:${decode(password)}`, `\0${decode(username)}\0${decode(password)}`]
      : [];
  const parts = [...login, password, search, ...url.searchParams.values(), ...segments];
  return [...(pathname.length > 1 ? [pathname + search, pathname] : []), ...parts, ...parts.map(decode)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function chain(error: unknown): unknown[] {
  const links: unknown[] = [];
  for (let link = error; link !== undefined && links.length < MAX_CAUSES;) {
    links.push(link);
    const next: unknown = link instanceof Error ? link.cause : undefined;
    link = links.includes(next) ? undefined : next;
  }
  return links;
}

/** The message of an error, with its code where the message leaves it out (empty messages of Node's aggregates). */
function sayError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `thrown ${typeof error}`;
  const { code } = error as Error & { readonly code?: unknown };
  const inner = error instanceof AggregateError ? error.errors.slice(0, 3).map(sayError).join(', ') : '';
  const message = error.message || inner || error.name;
  return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
