import { type RequestListener, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../../cdk/local/ports.ts';
import { createClient } from '../../../load/driver/client.ts';
import { TEST_CERT, TEST_KEY } from '../../fixtures/test-certificate.ts';

const known = getCACertificates('default');

test.each(['http', 'https'])(
  'a request by %s tells how long its connection took when it had to make one',
  async (scheme) => {
    let waiting = 0;
    const { promise: both, resolve } = Promise.withResolvers<void>();
    const answer: RequestListener = (incoming, outgoing) => {
      incoming.resume();
      if (++waiting === 2) resolve();
      void both.then(() => outgoing.end('ok'));
    };
    setDefaultCACertificates([TEST_CERT]);
    const secure = { cert: TEST_CERT, key: TEST_KEY };
    const server = scheme === 'http' ? createServer(answer) : createTlsServer(secure, answer);
    const url = `${scheme}://127.0.0.1:${await listen(server, 0)}`;
    let ticks = 0;
    const { call, close } = createClient({ url, key: 'k', now: () => ++ticks });
    onTestFinished(() => {
      close();
      server.close();
      setDefaultCACertificates(known);
    });

    const made = await Promise.all([call('GET', '/'), call('GET', '/')]);
    expect(made.map(({ connectMs = 0 }) => connectMs > 0)).toEqual([true, true]);
    expect((await call('GET', '/')).connectMs).toBeUndefined();
  },
);
