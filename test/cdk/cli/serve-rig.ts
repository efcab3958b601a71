import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Rig } from '../../functions/manage-rig.ts';

/** Serves the management API of a rig on a loopback port. */
export async function serveRig(rig: Rig): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      const answer = await rig.ask(`${request.method} ${request.url}`, {
        raw: Buffer.concat(chunks).toString(),
        headers,
      });
      response.writeHead(answer.status, { ...answer.headers });
      response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
