import { BroadcastChannel, threadId } from 'node:worker_threads';
import { PROBES } from './probes.ts';
import { CHANNEL, type FromThread, type ToThreads } from './protocol.ts';

/*
 * Loaded into each thread of a function before its bundle: watches it from the inside when it is asked to.
 */

// The local stack knows a function by its access key.
const thread = { label: process.env['AWS_ACCESS_KEY_ID'] ?? '', number: threadId };
const channel = new BroadcastChannel(CHANNEL);
let round = 0;
let stop: ReturnType<(typeof PROBES)['cpu']> | undefined;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browsers
const say = (message: FromThread): void => channel.postMessage(message);

async function hear(message: ToThreads): Promise<void> {
  if (message.kind === 'start' && message.round !== round) {
    round = message.round;
    stop = PROBES[message.probe]();
  } else if (message.kind === 'stop' && stop !== undefined) {
    const findings = await (await stop)();
    stop = undefined;
    say({ kind: 'found', thread, findings });
  }
}

// oxlint-disable-next-line unicorn/prefer-add-event-listener -- only this one can be let go by unref
channel.onmessage = ({ data }) => void hear(data as ToThreads);
channel.unref();
say({ kind: 'hello', thread });
