import { decodeCharset, decodeTransfer, decodeWords } from './mail-coding.ts';

/** A mail as people see it. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Lower-case names; repeated ones joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Part {
  readonly headers: Readonly<Record<string, string>>;
  /** One character per byte. */
  readonly body: string;
}

// A mail nested deeper than this is no notification.
const DEPTH_MAX = 8;

/** Reads an RFC 5322 message: headers, and the first text and HTML part of its MIME tree. */
export function parseMail(raw: Buffer): Mail {
  const { headers, body } = splitPart(raw.toString('latin1'));
  const found = leaves({ headers, body }, 0);
  const first = (type: string): string => found.find((leaf) => leaf.type === type)?.content ?? '';
  const { from = '', to = '', subject = '' } = headers;
  return { from, to, subject, text: first('text/plain'), html: first('text/html'), headers };
}

function splitPart(source: string): Part {
  const gap = /(?:^|\r?\n)\r?\n/.exec(source);
  const head = gap ? source.slice(0, gap.index) : source;
  const headers: Record<string, string> = {};
  for (const line of head.replaceAll(/\r?\n(?=[ \t])/g, '').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = decodeWords(line.slice(colon + 1).trim());
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { headers, body: gap ? source.slice(gap.index + gap[0].length) : '' };
}

function leaves({ headers, body }: Part, depth: number): { type: string; content: string }[] {
  const header = headers['content-type'] ?? 'text/plain';
  const type = (header.split(';', 1)[0] ?? '').trim().toLowerCase();
  const boundary = parameter(header, 'boundary');
  if (type.startsWith('multipart/') && boundary && depth < DEPTH_MAX) {
    return splitParts(body, boundary).flatMap((part) => leaves(splitPart(part), depth + 1));
  }
  const bytes = decodeTransfer(body, headers['content-transfer-encoding'] ?? '7bit');
  return [{ type, content: decodeCharset(bytes, parameter(header, 'charset') ?? 'utf-8') }];
}

function splitParts(body: string, boundary: string): string[] {
  const parts = `\n${body}`.split(`\n--${boundary}`).slice(1);
  const end = parts.findIndex((part) => part.startsWith('--'));
  return (end === -1 ? parts : parts.slice(0, end)).map((part) =>
    part.replace(/^[ \t]*\r?\n/, '').replace(/\r$/, ''),
  );
}

function parameter(header: string, name: string): string | undefined {
  for (const piece of header.split(';').slice(1)) {
    const [key = '', ...rest] = piece.split('=');
    if (key.trim().toLowerCase() === name) return rest.join('=').trim().replaceAll(/^"|"$/g, '');
  }
  return undefined;
}
