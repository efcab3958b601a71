/** Text of the bytes when they are UTF-8, byte order mark and all; `undefined` when they are not. */
export function utf8Of(raw: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return undefined;
  }
}

/** The parsed body of an HTTP request: JSON, or a form when the content type says so; else `undefined`. */
export function parseBody(raw: Buffer, contentType = ''): unknown {
  const text = utf8Of(raw);
  if (text === undefined) return undefined;
  if (/^application\/x-www-form-urlencoded/i.test(contentType)) return parseForm(text);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// `payload` is Slack's old way: the JSON as one form field.
function parseForm(text: string): unknown {
  const form = Object.fromEntries(new URLSearchParams(text));
  return form['payload'] === undefined ? form : parseBody(Buffer.from(form['payload']));
}
