import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Accepted } from './accepted.ts';
import { alertsIn } from './alerts.ts';
import { type Behaviours, parseBehaviour } from './behaviour.ts';
import { parseBody } from './body.ts';
import { readBytes, sendAnswer, sendArray } from './http.ts';
import type { Inbox, Stored } from './inbox.ts';
import { parseQuery, viewOf } from './inbox-view.ts';
import type { Limiter } from './limiter.ts';
import { sendMailDocument, sendPage } from './page.ts';
import { PROVIDERS } from './providers.ts';
import { isRecord } from './provider.ts';
import type { Stream } from './stream.ts';

export interface ControlDeps {
  readonly inbox: Inbox;
  readonly behaviours: Behaviours;
  readonly limiter: Limiter;
  readonly accepted: Accepted;
  readonly stream: Stream;
}

const CHANNELS = PROVIDERS.map(({ name }) => name);

type Control = (at: {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  deps: ControlDeps;
}) => unknown;

const CONTROLS: Readonly<Record<string, Control>> = {
  'GET /inbox.json': ({ response, url, deps }) => {
    const query = parseQuery(url.searchParams);
    if (typeof query === 'string') return sendAnswer(response, { status: 400, body: { error: query } });
    const { total, forgotten } = deps.inbox.totals();
    const headers = { 'x-inbox-total': String(total), 'x-inbox-forgotten': String(forgotten) };
    return sendArray(response, lazily(deps.inbox.list(query), deps.inbox), headers);
  },
  'DELETE /inbox.json': ({ response, deps }) => {
    deps.inbox.clear();
    deps.limiter.reset();
    deps.accepted.clear();
    deps.stream.touch();
    sendAnswer(response, { status: 204 });
  },
  'GET /limits.json': ({ response, deps }) => {
    const rules = PROVIDERS.flatMap(({ name, limits }) => limits.map((rule) => ({ channel: name, ...rule })));
    sendAnswer(response, { status: 200, body: { scopes: deps.limiter.report(), rules } });
  },
  'GET /alerts.json': ({ response, deps }) =>
    sendArray(response, alertsIn(deps.inbox.list({ channel: 'pagerduty' })), {}),
  'GET /stream': ({ response, deps }) => deps.stream.open(response),
};

/** The twin's own routes: page, inbox, limits, behaviours. False when the path is none of them. */
export async function control(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  deps: ControlDeps,
): Promise<boolean> {
  const { pathname } = url;
  const handler = CONTROLS[`${request.method} ${pathname}`];
  const channel = /^\/behaviour\/([^/]+)$/.exec(pathname)?.[1];
  const mail = /^\/mail\/(\d+)$/.exec(pathname)?.[1];
  const page = pathname === '/' || pathname.startsWith('/page/');
  if (!handler && channel === undefined && mail === undefined && !page) return false;

  // A page elsewhere can point its own name at 127.0.0.1; it must not read or steer the twin that way.
  if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(request.headers.host ?? '')) {
    sendAnswer(response, { status: 421, body: { error: 'ask for 127.0.0.1 or localhost' } });
  } else if (handler) {
    await handler({ request, response, url, deps });
  } else if (channel !== undefined) {
    await behave(request, response, decodeURIComponent(channel), deps);
  } else if (mail !== undefined) {
    return showMail(response, deps.inbox.find(Number(mail)));
  } else {
    return sendPage(response, pathname);
  }
  return true;
}

async function behave(
  request: IncomingMessage,
  response: ServerResponse,
  channel: string,
  deps: ControlDeps,
) {
  const { behaviours, stream } = deps;
  if (!CHANNELS.includes(channel)) {
    const error = `no channel ${channel}; there are ${[...new Set(CHANNELS)].join(', ')}`;
    return sendAnswer(response, { status: 404, body: { error } });
  }
  if (request.method === 'PUT') {
    const value = parseBody((await readBytes(request)) ?? Buffer.alloc(0));
    const parsed = value === null ? { behaviour: undefined } : parseBehaviour(value);
    if ('errors' in parsed) {
      const error = parsed.errors.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
      return sendAnswer(response, { status: 422, body: { error, errors: parsed.errors } });
    }
    behaviours.set(channel, parsed.behaviour);
  } else if (request.method === 'DELETE') {
    behaviours.set(channel, undefined);
  } else if (request.method !== 'GET') {
    return sendAnswer(response, { status: 405, headers: { allow: 'GET, PUT, DELETE' } });
  }
  stream.touch();
  return sendAnswer(response, { status: 200, body: behaviours.get(channel) ?? {} });
}

function showMail(response: ServerResponse, stored: Stored | undefined): boolean {
  const { body } = stored?.channel === 'email' ? viewOf(stored) : {};
  if (!isRecord(body)) return false;
  sendMailDocument(response, htmlOf(body));
  return true;
}

/** The HTML of a mail, or of an SES request with simple content. */
function htmlOf(body: Readonly<Record<string, unknown>>): string {
  const simple = isRecord(body['Content']) ? body['Content']['Simple'] : undefined;
  const parts = isRecord(simple) && isRecord(simple['Body']) ? simple['Body']['Html'] : undefined;
  const html = isRecord(parts) ? parts['Data'] : body['html'];
  return typeof html === 'string' ? html : '';
}

// Views are made one at a time while the array is written.
function lazily(entries: readonly Stored[], { history }: Inbox): readonly unknown[] {
  return entries.map((entry) => ({ toJSON: () => viewOf(entry, history(entry.channel, entry.message)) }));
}
