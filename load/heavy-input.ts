import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { postEvents } from '../lib/pipeline/ingest/post-events.ts';
import { handleHttp } from '../lib/platform/handle.ts';
import { router } from '../lib/platform/router.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { alertsRequest, fanfareIngest } from './headline/ingest.ts';
import { CONTEXT } from './headline/work.ts';

/*
 * What the dearest bodies of one event cost, of the 256 KiB that an event may have: CPU time of the function `ingest`
 * without its calls, and the memory that is kept. Exit code 1: one takes more than 50 ms, or 50 MB stay. The heap
 * is that of the function; a larger one is filled first.
 *
 *     node --max-old-space-size=512 --max-semi-space-size=25 load/heavy-input.ts
 */

const ROUNDS = 15;
const MAX_MS = 50;
const MAX_MB = 50;
const SIZE = 256 * 1_024 - 2_000;

/** They make work by depth, width, numbers, escapes, or by being no JSON at their very end. */
const BODIES: Readonly<Record<string, string>> = {
  'one long text': bodyOf(`"${'x'.repeat(SIZE)}"`),
  'a text of escapes': bodyOf(`"${String.raw`\u0041`.repeat(SIZE / 6)}"`),
  'as deep as it gets': bodyOf('['.repeat(SIZE / 2) + ']'.repeat(SIZE / 2)),
  'empty lists': bodyOf(`[${filled('[]', 3)}]`),
  members: bodyOf(`{${Array.from({ length: SIZE / 12 }, (_, n) => `"k${n}":1`).join()}}`),
  'one member again and again': bodyOf(`{${filled('"k":1', 6)}}`),
  'one long number': bodyOf('1'.repeat(SIZE)),
  'short numbers': bodyOf(`[${filled('1e9', 4)}]`),
  'no end': bodyOf(`"${'x'.repeat(SIZE)}"`).slice(0, -1),
};

function bodyOf(value: string): string {
  return `{"topic":"a","data":{"x":${value}}}`;
}

function filled(item: string, bytes: number): string {
  return Array.from({ length: SIZE / bytes }, () => item).join();
}

async function main(): Promise<number> {
  const limits = {
    peek: async () => {},
    recall: () => ({}),
    bookWhole: async () => ({ kind: 'booked' as const, slots: { first: 0, periodMs: 0, count: 1 }, tat: 0 }),
  };
  const deps = { ...fanfareIngest().deps, limits };
  const handle = handleHttp(router({ 'POST /v1/events': (request) => postEvents(request, deps) }), {
    telemetry: createTelemetry(),
  });
  const post = async (body: string): Promise<{ readonly ms: number; readonly status: number }> => {
    const before = process.cpuUsage();
    const { statusCode = 0 } = await handle(requestOf(body), CONTEXT);
    const { user, system } = process.cpuUsage(before);
    return { ms: (user + system) / 1_000, status: statusCode };
  };
  // A heap grows to what such bodies need, and stays so.
  for (let round = 0; round < ROUNDS; round++) for (const body of Object.values(BODIES)) await post(body);
  const keptMb = process.memoryUsage.rss() / 1_048_576;
  let isWithin = true;
  for (const [name, body] of Object.entries(BODIES)) {
    const posts = [];
    for (let round = 0; round < ROUNDS; round++) posts.push(await post(body));
    const [{ status } = { status: 0 }] = posts;
    const ms = posts.map((one) => one.ms).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
    isWithin &&= ms <= MAX_MS && status < 500;
    console.log(`${name.padEnd(28)}${status}  ${ms.toFixed(1).padStart(6)} ms`);
  }
  const grownMb = process.memoryUsage.rss() / 1_048_576 - keptMb;
  console.log(`${'memory kept'.padEnd(28)}     ${grownMb.toFixed(0).padStart(6)} MB`);
  return isWithin && grownMb < MAX_MB ? 0 : 1;
}

function requestOf(body: string): APIGatewayProxyEventV2 {
  const request = alertsRequest(body);
  const { requestContext } = request;
  const http = { ...requestContext.http, path: '/v1/events' };
  return {
    ...request,
    routeKey: 'POST /v1/events',
    rawPath: '/v1/events',
    requestContext: { ...requestContext, http },
  };
}

process.exit(await main());
