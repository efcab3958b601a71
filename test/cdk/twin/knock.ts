import { type Twin, type TwinOptions, startTwin } from '../../../cdk/local/twin/twin.ts';

// eslint-disable-next-line typescript/no-explicit-any -- what came back is looked at, not trusted
type Json = any;

/** What tests look at of an answer. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

/** A twin with a clock that only moves when told, and short ways to talk to it. */
export interface TestTwin extends Twin {
  clock: { ms: number };
  /** Strings and bytes are sent as they are, anything else as JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Heard>;
  call(method: string, path: string, body?: unknown): Promise<Heard>;
  inbox(query?: string): Promise<Json[]>;
}

export async function testTwin(options: Partial<TwinOptions> = {}): Promise<TestTwin> {
  const clock = { ms: Date.parse('2026-11-20T12:00:00.000Z') };
  const twin = await startTwin({ port: 0, quiet: true, now: () => clock.ms, ...options });

  async function send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Heard> {
    const plain = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const init = { method, headers, body: plain ? body : JSON.stringify(body) } as RequestInit;
    const response = await fetch(twin.url + path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }

  return {
    ...twin,
    clock,
    post: (path, body, headers = {}) =>
      send('POST', path, body, { 'content-type': 'application/json', ...headers }),
    call: (method, path, body) => send(method, path, body, {}),
    inbox: async (query = '') => (await send('GET', `/inbox.json${query}`, undefined, {})).json,
  };
}
