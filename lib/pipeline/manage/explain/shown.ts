import type { OutboundRequest } from '../../../core/outbound.ts';
import { parseJson } from '../../../core/parse-json.ts';
import { redact, redactSecrets } from '../../../core/redact.ts';

/** A request for people. Headers carry signatures and tokens, and nothing that people want to read. */
export function shown(request: OutboundRequest, secrets: readonly string[]): object {
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

/** What it says. */
export function bodyOf(request: OutboundRequest): string {
  return request.transport === 'smtp' ? request.subject + request.text + request.html : request.body;
}

function readable(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return body;
  }
}
