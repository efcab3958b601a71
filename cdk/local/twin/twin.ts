import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { createAccepted } from './accepted.ts';
import { createBehaviours } from './behaviour.ts';
import { parseBody } from './body.ts';
import { control } from './control.ts';
import { plainHeaders, portOf, readBytes, sendAnswer } from './http.ts';
import { type Inbox, type Received, createInbox } from './inbox.ts';
import { openJournal } from './journal.ts';
import { type Words, judge } from './judge.ts';
import { createLimiter } from './limiter.ts';
import type { Call, Door, Provider, Reading, Shown } from './provider.ts';
import { findDoor } from './find-door.ts';
import { PROVIDERS } from './providers.ts';
import { startSmtp } from './smtp.ts';
import { createStream } from './stream.ts';

export interface TwinOptions {
  /** HTTP port on 127.0.0.1; 0 picks a free one. */
  readonly port: number;
  /** SMTP port; a free one when absent. */
  readonly smtpPort?: number;
  /** Clock of the limits and of `at`, epoch ms. */
  readonly now?: () => number;
  /** Print nothing; otherwise one line per message received. */
  readonly quiet?: boolean;
  /** Most entries kept in the inbox, 50,000 when absent; the oldest go. */
  readonly inboxCap?: number;
  /** File that the inbox is kept in; in memory only when absent. */
  readonly journal?: string | undefined;
}

export interface Twin {
  /** `http://127.0.0.1:<port>`, no trailing slash. */
  readonly url: string;
  readonly smtpUrl: string;
  readonly close: () => Promise<void>;
}

const INBOX_ENTRIES = 50_000;
const INBOX_BYTES = 256 * 1024 * 1024;

/** Starts the local stand-in of all providers. Rejects when a port is taken. */
export async function startTwin(options: TwinOptions): Promise<Twin> {
  const { port, smtpPort = 0, now = Date.now, quiet = false, inboxCap = INBOX_ENTRIES } = options;
  const memory = createInbox({ entries: inboxCap, bytes: INBOX_BYTES });
  const journal = options.journal === undefined ? undefined : openJournal(options.journal);
  for (const received of journal?.read() ?? []) memory.add(received);
  const inbox: Inbox = {
    ...memory,
    add(received) {
      journal?.append(received);
      return memory.add(received);
    },
    clear() {
      journal?.clear();
      memory.clear();
    },
  };
  const behaviours = createBehaviours();
  const limiter = createLimiter(now);
  const accepted = createAccepted(now);
  const timers = new Set<NodeJS.Timeout>();
  let serial = 0;
  let smtpUrl = '';

  const stream = createStream(() => ({ smtpUrl, ...inbox.totals(), channels: channelStates() }));
  const decide = (channel: string, reading: Reading, words: Words) =>
    judge(channel, reading, words, { behaviours, limiter });

  function channelStates(): unknown[] {
    const tallies = inbox.totals().channels;
    return PROVIDERS.map(({ name, title, limits }) => ({
      name,
      title,
      limits: limits.map(
        (rule) => `${rule.limit} in ${rule.perMs / 1000} s per ${rule.name.replace(/^\S+ /, '')}`,
      ),
      accepted: tallies.get(name)?.accepted ?? 0,
      refused: tallies.get(name)?.refused ?? 0,
      behaviour: behaviours.get(name) ?? null,
    }));
  }

  function record(received: Omit<Received, 'atMs'>): void {
    inbox.add({ ...received, atMs: now() });
    stream.touch();
    const { channel, destination, verdict, why } = received;
    if (!quiet)
      process.stdout.write(
        `twin  ${channel} ${destination} ${verdict}${why === undefined ? '' : `: ${why}`}\n`,
      );
  }

  function wait(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      if (ms === Infinity) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });
  }

  /** A repeat of what was accepted under its key is refused, unless something else is wrong with it. */
  function readOnce(door: Door, call: Call, key: string | undefined, shown: Shown): Reading {
    const reading = door.read(call, shown);
    const first = key !== undefined && door.once ? accepted.find(key, door.once.knownMs) : undefined;
    if (!first || !door.once || reading.refusal) return reading;
    return { ...reading, refusal: { why: 'accepted before', answer: door.once.again(first) } };
  }

  async function knock(
    provider: Provider,
    door: Door,
    call: Call,
    url: URL,
    response: ServerResponse,
  ): Promise<void> {
    const key = door.once?.key(call);
    const shown: Shown = (message) => inbox.history(provider.name, message).at(-1);
    const reading = readOnce(door, call, key, shown);
    serial += 1;
    const moment = { atMs: now(), serial };
    const { answer, delayMs, verdict, why } = decide(provider.name, reading, {
      ...door,
      accept: () => door.accept(call, moment),
    });
    const taken = verdict === 'accepted' ? answer : undefined;
    if (key !== undefined && taken) accepted.add(key, taken);
    const seen = door.isQuestion ? () => undefined : record;
    seen({
      channel: provider.name,
      destination: reading.destination,
      transport: 'http',
      path: url.pathname + url.search,
      headers: call.headers,
      raw: call.raw,
      verdict,
      why,
      message: taken && (reading.changes ?? door.made?.(call, taken)),
      status: answer?.status,
    });
    if (!answer) return;
    await wait(delayMs);
    sendAnswer(response, answer);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://twin');
    if (await control(request, response, url, { inbox, behaviours, limiter, accepted, stream })) return;
    const found = findDoor(url.pathname, request.method ?? '');
    if (!found)
      return sendAnswer(response, { status: 404, body: { error: `nobody lives at ${url.pathname}` } });
    const { provider, door, params } = found;
    if (!door.methods.includes(request.method ?? '')) {
      return sendAnswer(response, { ...door.fail(405), headers: { allow: door.methods.join(', ') } });
    }
    const raw = await readBytes(request);
    if (!raw) return sendAnswer(response, { status: 413, headers: { connection: 'close' } });
    const headers = plainHeaders(request);
    const body = parseBody(raw, headers['content-type']);
    return knock(provider, door, { params, query: url.searchParams, headers, raw, body }, url, response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!quiet) process.stderr.write(`twin  ${String(error)}\n`);
      response.destroy();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const smtp = await startSmtp(smtpPort, { decide, record, wait }).catch(async (error: unknown) => {
    server.close();
    throw error;
  });
  smtpUrl = smtp.url;

  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    smtpUrl,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      stream.close();
      server.closeAllConnections();
      await Promise.all([new Promise((resolve) => server.close(resolve)), smtp.close()]);
      journal?.close();
    },
  };
}
