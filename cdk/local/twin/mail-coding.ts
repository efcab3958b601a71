/** Undoes a content transfer encoding; the source has one character per byte. */
export function decodeTransfer(source: string, encoding: string): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(source, 'base64');
    case 'quoted-printable':
      return decodeQuoted(source.replaceAll(/[ \t]+(?=\r?\n|$)/g, '').replaceAll(/=\r?\n/g, ''));
    default:
      return Buffer.from(source, 'latin1');
  }
}

/** Text in a named charset; what cannot be read as that stays visible as UTF-8 with replacement marks. */
export function decodeCharset(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

/** Header text with its RFC 2047 encoded words read; bare 8-bit text is taken for UTF-8 (RFC 6532). */
export function decodeWords(source: string): string {
  const joined = source.replaceAll(/(\?=)\s+(?==\?)/g, '$1');
  const words = /=\?(?<charset>[^?*]+)(?:\*[^?]*)?\?(?<coding>[bq])\?(?<content>[^?]*)\?=/gi;
  if (!joined.includes('=?')) return Buffer.from(joined, 'latin1').toString('utf8');

  // Neighbouring words may split a character between them, so equal charsets are decoded as one run.
  let text = '';
  let run: { charset: string; bytes: Buffer[] } | undefined;
  let end = 0;
  const finish = (): void => {
    if (run) text += decodeCharset(Buffer.concat(run.bytes), run.charset);
    run = undefined;
  };
  for (const match of joined.matchAll(words)) {
    const { charset = '', coding = '', content = '' } = match.groups ?? {};
    if (match.index > end || run?.charset !== charset.toLowerCase()) finish();
    text += joined.slice(end, match.index);
    run ??= { charset: charset.toLowerCase(), bytes: [] };
    run.bytes.push(
      /b/i.test(coding) ? Buffer.from(content, 'base64') : decodeQuoted(content.replaceAll('_', ' ')),
    );
    end = match.index + match[0].length;
  }
  finish();
  return text + joined.slice(end);
}

function decodeQuoted(source: string): Buffer {
  return Buffer.from(
    source.replaceAll(/=([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
