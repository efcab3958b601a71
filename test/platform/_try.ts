import { SMTPServer } from 'smtp-server';
import { createTransport } from 'nodemailer';
import { connect } from 'node:net';
import { TEST_CERT, TEST_KEY } from '../fixtures/test-certificate.ts';
for (const mode of process.argv.slice(2)) {
  const server = new SMTPServer({ secure: mode.includes('s-'), cert: TEST_CERT, key: TEST_KEY, authOptional: true, onData: (st, _, cb) => { st.resume(); st.on('end', () => cb()); } });
  server.on('error', (e) => console.log('server error', e.message));
  const raw = new Set<any>(); server.server.on('connection', (x) => { raw.add(x); x.on('error', () => {}); });
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  const { port } = server.server.address() as { port: number };
  const t = createTransport({ pool: true, host: '127.0.0.1', port, secure: mode.includes('s-'), requireTLS: !mode.includes('s-'), ...(mode.includes('good') && { tls: { ca: TEST_CERT } }),
   ...(mode.includes('own') && { getSocket: (_: unknown, cb: any) => { const s = connect(port, '127.0.0.1'); s.once('connect', () => cb(null, { connection: s })); } }) } as never);
  try { console.log(mode, (await t.sendMail({ from: 'a@b.c', to: 'd@e.f', text: 'x' }) as any).response); } catch (e: any) { console.log(mode, e.code, e.message, e.command, {...e}, e.cause); }
  if (mode.includes('rude')) for (const x of raw) x.destroy();
  await new Promise((r) => setTimeout(r, 50));
  t.close();
  await new Promise<void>((r) => server.close(() => r()));
}
