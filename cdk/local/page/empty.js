import { h } from './dom.js';

const JSON_TYPE = "-H 'content-type: application/json'";

/** A command that puts one message here, per channel; `smtp` is the address of the mail server. */
function command(channel, smtp) {
  const { origin } = location;
  switch (channel) {
    case 'discord':
      return `curl ${origin}/discord/api/v10/webhooks/1/demo \\\n  ${JSON_TYPE} \\\n  -d '{"content": "Hello from **curl**"}'`;
    case 'telegram':
      return `curl ${origin}/telegram/bot1:demo/sendMessage \\\n  ${JSON_TYPE} \\\n  -d '{"chat_id": 42, "text": "Hello from curl"}'`;
    case 'line':
      return `curl ${origin}/line/v2/bot/message/push \\\n  -H 'authorization: Bearer demo' ${JSON_TYPE} \\\n  -d '{"to": "U${'0'.repeat(32)}", "messages": [{"type": "text", "text": "Hello from curl"}]}'`;
    case 'pagerduty':
      return `curl ${origin}/pagerduty/v2/enqueue \\\n  ${JSON_TYPE} \\\n  -d '{"routing_key": "${'0'.repeat(32)}", "event_action": "trigger", "payload": {"summary": "Hello from curl", "source": "curl", "severity": "info"}}'`;
    case 'email':
      return `printf 'Subject: Hello\\n\\nHello from curl\\n' | curl ${smtp} \\\n  --mail-from you@example.com --mail-rcpt team@example.com -T -`;
    case 'webhook':
      return `curl ${origin}/webhook/demo \\\n  ${JSON_TYPE} \\\n  -d '{"hello": "from curl"}'`;
    default:
      return `curl ${origin}/slack/services/T0/B0/demo \\\n  ${JSON_TYPE} \\\n  -d '{"text": "Hello from *curl*"}'`;
  }
}

/** What to do when there is nothing to see. */
export function empty({ channel, refusedOnly, channels, smtpUrl }) {
  const title = channels.find(({ name }) => name === channel)?.title;
  const all = channels.map((each) => each.title).filter((each, i, every) => every.indexOf(each) === i);
  if (refusedOnly)
    return [h('h2', {}, 'Nothing was refused'), h('p', {}, 'Every message kept to the limits and sizes.')];
  const code = command(channel, smtpUrl);
  const copy = h(
    'button',
    {
      type: 'button',
      async onclick() {
        await navigator.clipboard.writeText(code);
        copy.textContent = 'Copied';
      },
    },
    'Copy',
  );
  return [
    h('h2', {}, title ? `Nothing for ${title} yet` : 'Nothing has arrived yet'),
    h(
      'p',
      {},
      `This is a stand-in for ${all.slice(0, -1).join(', ')} and ${all.at(-1)}. It keeps to their limits and shows what they would have shown. Send it something:`,
    ),
    h('div.command', {}, h('pre', {}, code), copy),
    h('p.hint', {}, 'It appears here by itself.'),
  ];
}
