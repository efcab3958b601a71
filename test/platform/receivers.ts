import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
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

export async function receiveHttp(listener: RequestListener): Promise<Receiver> {
  return listen(createHttpServer(listener));
}

export async function listen(server: Server, scheme = 'http'): Promise<Receiver> {
  const open = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    open.add(socket);
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
  return { port, host, url: `${scheme}://${host}/hook`, connections: () => accepted };
}
