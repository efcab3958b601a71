import { createServer } from 'node:net';
import { isObject } from '../../lib/core/is-object.ts';

/** A loopback port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** Whether a loopback port is free now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await listen(server, port);
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

interface Listener {
  listen(port: number, host: string, done: () => void): unknown;
  once(event: 'error', done: (error: Error) => void): unknown;
  off(event: 'error', done: (error: Error) => void): unknown;
  address(): unknown;
}

/** Binds a server to 127.0.0.1 (never to other interfaces) and tells the port; 0 picks a free one. */
export async function listen(server: Listener, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (isObject(address) && typeof address['port'] === 'number') return address['port'];
  throw new Error('the server listens on no port');
}
