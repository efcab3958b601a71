import type { Target } from '../../../lib/channel.ts';
import { sendOne } from '../../../lib/pipeline/deliver/send-one.ts';
import { createHttp } from '../../../lib/platform/http.ts';
import { type Bench, type Opened, type Outside, repeated } from '../bench.ts';
import { claimedDelivery, sendingBy, targetOf } from '../given.ts';

/** Posts at a time, as a batch has them. */
const AT_ONCE = 10;

/** A channel's message built, posted to a server in another process, and its answer read; and the first part alone. */
export const channels: readonly Bench[] = [
  {
    name: 'channels/slack',
    rows: 'B01',
    about: 'a Slack message: built, posted to a loopback server, answer read; render: only built',
    seed: '~190 µs, 9,600 B; measured 105 µs, 7,290 B',
    flaw: 'it posts to a closed port and ignores the error: a refused connection is timed',
    open: (outside) =>
      opened(targetOf('slack', { webhookUrl: `${outside.receiver}/services/T000/B000/x` }), outside),
  },
  {
    name: 'channels/discord',
    rows: 'B02',
    about: 'the same for Discord',
    seed: '~190 µs, 9,300 B; measured 147 µs, 6,970 B',
    flaw: 'as channels/slack',
    open: (outside) =>
      opened(targetOf('discord', { webhookUrl: `${outside.receiver}/api/webhooks/1/x` }), outside),
  },
];

function opened(target: Target, { receiver }: Outside): Opened {
  const http = createHttp({ localHosts: [new URL(receiver).host] });
  const work = claimedDelivery(target);
  const send = async () => await sendOne(work, target, undefined, sendingBy(http.send));
  const { notification } = work.delivery;
  const attempt = { wireId: 'msg_0123456789', n: 1, atMs: Date.now() };
  return {
    cases: {
      '': {
        waits: true,
        check: async () => (await send()).verdict.kind === 'delivered',
        async run() {
          const sent = await Promise.all(Array.from({ length: AT_ONCE }, send));
          return sent.filter(({ verdict }) => verdict.kind === 'delivered').length;
        },
      },
      render: {
        check: () => JSON.stringify(target.request(notification, attempt)).includes(notification.title),
        run: repeated(100, () => target.request(notification, attempt)),
      },
    },
    close: http.close,
  };
}
