import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { type AwsCall, readAwsCall } from './aws-call.ts';
import { accessDenied, objectAnswer, parametersAnswer, refusal } from './aws-answers.ts';
import type { DynamoCall } from './dynamo-call.ts';
import { type Forwarded, createForward } from './forward.ts';
import { type Statement, isAllowed } from './policy.ts';
import { listen } from './ports.ts';
import type { FunctionStats, Stats } from './stats.ts';
import type { TableSpec } from './table-spec.ts';
import { writeResults } from './write-results.ts';
import { type WriteMeter, createWriteMeter } from './write-units.ts';

/** The one way from the functions to AWS: judges each call by the caller's role, counts it, hands it on. */
export interface Gate {
  readonly url: string;
  readonly statsUrl: string;
  /** Where calls are handed on to. The gate listens before the emulators know their ports. */
  readonly connect: (targets: GateTargets) => void;
  readonly close: () => Promise<void>;
}

export interface GateTargets {
  readonly sqs: string;
  readonly dynamodb: string;
  /** SES v2 of the twin. */
  readonly ses?: string | undefined;
  /** Folder that buckets lie in. */
  readonly objects?: string | undefined;
  /** Values of parameters by full name. */
  readonly parameter?: ((name: string) => string | undefined) | undefined;
}

export interface GateOptions {
  readonly stats: Stats;
  /** Called for every refusal. */
  readonly onDenied?: (caller: string, action: string, resource: string) => void;
}

/** What a role may do and which tables there are; known once the template is read. */
export interface GateRules {
  /** Statements by function; `undefined` for a caller that is no function. */
  readonly statementsOf: (caller: string) => readonly Statement[] | undefined;
  readonly tables: readonly TableSpec[];
}

export async function startGate(options: GateOptions): Promise<Gate & { enforce(rules: GateRules): void }> {
  const { forward, close } = createForward();
  let rules: GateRules = { statementsOf: () => undefined, tables: [] };
  let targets: GateTargets | undefined;
  let meter: WriteMeter = createWriteMeter([]);
  const tableOf = (name: string): TableSpec =>
    rules.tables.find((table) => table.name === name) ?? { name, hash: '', indexes: [] };

  const count = ({ writes, readUnits }: DynamoCall, reply: Forwarded, stats: FunctionStats): void => {
    stats.readUnits += readUnits;
    if (writes.length === 0) return;
    const resultOf = writeResults(reply);
    for (const [i, write] of writes.entries()) {
      if (!write) continue;
      const result = resultOf(i);
      stats.writeUnits += meter.units(write, result);
      if (result === 'conflict') stats.conflicts[write.table] = (stats.conflicts[write.table] ?? 0) + 1;
      if (result === 'failed') stats.refused++;
    }
  };

  const answer = async (incoming: IncomingMessage, body: Buffer): Promise<Forwarded> => {
    let call: AwsCall;
    try {
      const { method = '', url: path = '/', headers } = incoming;
      call = readAwsCall({ method, path, headers, body }, tableOf);
    } catch (error) {
      return refusal('InvalidParameterValue', error instanceof Error ? error.message : String(error));
    }
    const stats = options.stats.of(call.caller);
    stats.calls++;
    const name = `${call.service}:${call.operation}`;
    stats.byAction[name] = (stats.byAction[name] ?? 0) + 1;
    const statements = rules.statementsOf(call.caller);
    const denied = call.accesses.find(
      ({ action, resource }) => !isAllowed(statements ?? [], action, resource),
    );
    if (denied) {
      stats.denied++;
      options.onDenied?.(call.caller, denied.action, denied.resource);
      return accessDenied(call.caller, denied);
    }
    if (call.service === 'ssm') return parametersAnswer(body, targets?.parameter);
    if (call.service === 's3') return objectAnswer(incoming.url ?? '', body, targets?.objects);
    const target = targets?.[call.service];
    if (target === undefined) return refusal('ServiceUnavailable', `${call.service} is not running`, 503);
    if (call.service === 'sqs') stats.sqsRequests += Math.max(1, Math.ceil(body.length / 65_536));
    const reply = await forward(
      target + (call.service === 'ses' ? (incoming.url ?? '') : '/'),
      incoming.headers,
      body,
    );
    if (call.dynamo) count(call.dynamo, reply, stats);
    return reply;
  };

  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => outgoing.destroy());
    incoming.on('end', () => {
      if (incoming.url === STATS_PATH) return sendStats(incoming, outgoing, options.stats);
      answer(incoming, Buffer.concat(chunks))
        .catch((error: unknown) => refusal('ServiceUnavailable', String(error), 503))
        .then((reply) =>
          outgoing
            .writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length })
            .end(reply.body),
        )
        .catch(() => outgoing.destroy());
    });
  });
  // Function calls may idle between invocations for as long as they like.
  server.keepAliveTimeout = 0;
  const url = `http://127.0.0.1:${await listen(server, 0)}`;
  return {
    url,
    statsUrl: url + STATS_PATH,
    enforce(given) {
      rules = given;
      meter = createWriteMeter(given.tables);
    },
    connect: (given) => void (targets = given),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        close();
      }),
  };
}

const STATS_PATH = '/stats';

function sendStats({ method }: IncomingMessage, outgoing: ServerResponse, stats: Stats): void {
  if (method === 'DELETE') stats.reset();
  outgoing.writeHead(method === 'DELETE' ? 204 : 200, { 'content-type': 'application/json' });
  outgoing.end(method === 'DELETE' ? undefined : JSON.stringify(stats.snapshot()));
}
