import { randomUUID } from 'node:crypto';
import { webhook } from '../../lib/channels/webhook.ts';
import { createTrustedHttp } from '../../lib/platform/http.ts';
import type { Reply } from './client.ts';
import type { Made } from './events.ts';

/** One send through the code of the channel `webhook` and the client of the functions. */
export function createDirect(
  twinUrl: string,
  now: () => number,
): { readonly send: (made: Made) => Promise<Reply>; readonly close: () => void } {
  const { send, close } = createTrustedHttp();
  const target = webhook.open(
    { url: `${twinUrl}/webhook/direct` },
    { tenant: 'default', destination: 'direct' },
  );
  return {
    close,
    async send({ body }) {
      const event = body as { topic: string; data: { title: string; text: string } };
      // No API is there that would name the event.
      const id = randomUUID();
      const atMs = Math.round(now());
      const notification = {
        id,
        topic: event.topic,
        time: new Date(atMs).toISOString(),
        data: event.data,
        title: event.data.title,
        text: event.data.text,
      };
      const request = target.request(notification, { wireId: id, n: 1, atMs });
      if (request.transport !== 'http') throw new Error('the channel webhook sends by HTTP');
      const reply = await send(request, { timeoutMs: 15_000, secrets: [] });
      const delivered = target.outcome(reply, atMs).kind === 'delivered';
      return { status: delivered ? 200 : 502, body: '', firstByteMs: now() };
    },
  };
}
