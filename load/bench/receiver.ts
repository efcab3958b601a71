import { createServer } from 'node:http';
import { listen } from '../../cdk/local/ports.ts';

/** A loopback server that accepts whatever is posted, as Slack's webhooks and Discord's answer. */
export async function startReceiver(): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((incoming, answer) => {
    const isDiscord = incoming.url?.includes('/webhooks/') ?? false;
    const [type, body] = isDiscord ? ['application/json', '{"id":"1"}'] : ['text/plain', 'ok'];
    incoming.resume().on('end', () => answer.setHeader('content-type', type).end(body));
  });
  const url = `http://127.0.0.1:${await listen(server, 0)}`;
  return {
    url,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
