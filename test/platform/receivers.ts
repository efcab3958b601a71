import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';

export interface Receiver {
  readonly port: number;
  readonly host: string;
  readonly url: string;
  /** Connections accepted so far. */
  connections(): number;
}

/** A TCP server on a free loopback port, closed with its connections when the test ends. */
export async function receive(onSocket: (socket: Socket) => void): Promise<Receiver> {
  return listen(createServer(onSocket));
}

export async function receiveHttp(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<Receiver> {
  return listen(createHttpServer((request, response) => void answer(request, response)));
}

/**
 * Starts a server. `wraps`: it puts TLS over its sockets itself; they are left to close with the client, because
 * Node may crash when a socket is destroyed beneath TLS.
 */
export async function listen(server: Server, { wraps = false } = {}): Promise<Receiver> {
  const open = new Set<Socket>();
  let accepted = 0;
  const secure = server instanceof TlsServer;
  server.on('connection', () => (accepted += 1));
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (!wraps) open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return { port, host, url: `http${secure ? 's' : ''}://${host}/hook`, connections: () => accepted };
}
