import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call of an AWS SDK, as it stands on the wire. */
export interface Call {
  /** `DynamoDB_20120810.BatchGetItem`, `AmazonSQS.SendMessageBatch`. */
  readonly target: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What goes wrong: an answer that the service never gave, a broken connection, or a call that is changed on its way. */
export type Fault =
  | { readonly status: number; readonly error: string }
  | 'reset'
  /** The service does what it is asked, and its answer is lost. */
  | 'lostAnswer'
  /** It is not asked, and the caller hears nothing; or it is, and the caller hears nothing all the same. */
  | 'silence'
  | 'silentAnswer'
  /** It does what it is asked, and the caller gets something that is no JSON. */
  | 'garbled'
  | {
      /** Absent: the service is not asked at all. */
      readonly ask?: Readonly<Record<string, unknown>>;
      readonly answer: (body: Readonly<Record<string, unknown>>) => object;
    };

/**
 * Stands between SDK clients and an emulated service, so that what the service does wrong is done to the real
 * client: `fault` says what becomes of a call, nothing by default.
 */
export async function startFaultProxy(upstream: string) {
  const proxy: {
    readonly calls: Call[];
    /** Those that the service did what they asked for. */
    readonly done: Call[];
    fault: (call: Call) => Fault | undefined;
  } = {
    calls: [],
    done: [],
    fault: () => undefined,
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void handle(Buffer.concat(chunks), request.headers, request.url ?? '/').then((answer) => {
        if (answer === 'silence') return undefined;
        if (!answer) return response.destroy();
        // Node writes the true time, and a test may have its own.
        const date = new Date().toUTCString();
        response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0', date });
        return response.end(answer.body);
      });
    });
  });

  async function handle(
    body: Buffer,
    headers: IncomingHttpHeaders,
    path: string,
  ): Promise<{ readonly status: number; readonly body: string } | 'silence' | undefined> {
    const call: Call = { target: String(headers['x-amz-target']), body: JSON.parse(body.toString()) };
    proxy.calls.push(call);
    const fault = proxy.fault(call);
    if (fault === 'reset') return undefined;
    if (fault === 'silence') return fault;
    if (fault && typeof fault === 'object' && 'status' in fault) {
      return { status: fault.status, body: JSON.stringify({ __type: fault.error, message: 'told to fail' }) };
    }
    const changed = typeof fault === 'object' ? fault : undefined;
    if (changed && !changed.ask) return { status: 200, body: JSON.stringify(changed.answer({})) };
    const reply = await fetch(upstream + path, {
      method: 'POST',
      headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
        ['host', 'connection', 'content-length', 'expect'].includes(name) ? [] : [[name, String(value)]],
      ),
      body: changed?.ask ? JSON.stringify(changed.ask) : body,
    });
    const text = await reply.text();
    if (reply.ok) proxy.done.push(changed?.ask ? { ...call, body: changed.ask } : call);
    if (fault === 'lostAnswer') return undefined;
    if (fault === 'silentAnswer') return 'silence';
    if (fault === 'garbled') return { status: 200, body: '<html>502 Bad Gateway</html>' };
    return { status: reply.status, body: changed ? JSON.stringify(changed.answer(JSON.parse(text))) : text };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${port}`,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
