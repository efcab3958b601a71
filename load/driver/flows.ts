import { isObject, objectsIn } from '../../lib/core/is-object.ts';
import type { Call, Reply } from './client.ts';
import type { Made, Maker } from './events.ts';
import type { FlowName } from './flow-names.ts';
import type { FlowSpec } from './scenario.ts';

/** What a flow works with. */
export interface FlowDeps {
  readonly call: Call;
  readonly maker: Maker;
  /** Ids of events that are known to exist. */
  readonly known: readonly string[];
  /** In [0, 1). */
  readonly chance: () => number;
  /** Sends through a channel without queue or store; absent where there is no twin. */
  readonly direct?: ((made: Made) => Promise<Reply>) | undefined;
}

/** One request of a flow, counted. */
export type Step = (send: () => Promise<Reply>) => Promise<Reply | undefined>;

type Flow = (spec: FlowSpec, meantMs: number, step: Step, deps: FlowDeps) => Promise<void>;

/** Requests of a `rapid` flow and of a `reads` flow. */
const IN_A_ROW = 5;

/** What a request, or a few in a row, does. */
export const FLOWS: Readonly<Record<FlowName, Flow>> = {
  post,
  async alerts(spec, meantMs, step, { call, maker }) {
    const made = maker.alerts(spec, meantMs);
    note(made, await step(() => call('POST', '/webhook', made.body)), maker);
  },
  readEvent: read(({ event }) => `/v1/events/${event}`),
  readDelivery: read(({ delivery }) => `/v1/deliveries/${encodeURIComponent(delivery)}`),
  readInbox: read(({ person }) => `/v1/recipients/${person}/inbox`),
  health: read(() => '/healthz'),
  async journey(spec, meantMs, step, deps) {
    await post(spec, meantMs, step, deps);
    await FLOWS.readEvent(spec, meantMs, step, deps);
    await FLOWS.readInbox(spec, meantMs, step, deps);
  },
  async rapid(spec, meantMs, step, deps) {
    for (let n = 0; n < IN_A_ROW; n++) await post(spec, meantMs, step, deps);
  },
  async reads(spec, meantMs, step, deps) {
    for (let n = 0; n < IN_A_ROW; n++) await FLOWS.readEvent(spec, meantMs, step, deps);
  },
  async direct(spec, meantMs, step, { maker, direct }) {
    if (!direct) throw new Error('a direct send needs the local stack');
    const made = maker.events(spec, meantMs);
    note(made, await step(() => direct(made)), maker);
  },
};

async function post(spec: FlowSpec, meantMs: number, step: Step, { call, maker }: FlowDeps): Promise<void> {
  const made = maker.events(spec, meantMs);
  note(made, await step(() => call('POST', '/v1/events', made.body)), maker);
}

/** What can be asked of an event that exists. */
interface Existing {
  readonly event: string;
  readonly delivery: string;
  readonly person: string;
}

function read(pathOf: (existing: Existing) => string): Flow {
  return async ({ recipients }, _, step, { call, known, chance }) => {
    const event = known[Math.floor(chance() * known.length)] ?? 'none';
    const existing = {
      event,
      delivery: `${event}:${FIRST_DESTINATION}`,
      person: recipients?.[0] ?? 'reader',
    };
    await step(() => call('GET', pathOf(existing)));
  };
}

/** The destination that all catalogs of scenarios with reads have. */
const FIRST_DESTINATION = 'one';

/** Writes down which events of a post were accepted. */
function note({ numbers }: Made, reply: Reply | undefined, { posted }: Maker): void {
  if (!reply || reply.status < 200 || reply.status > 299) return;
  const results = resultsOf(reply.body);
  for (const [at, n] of numbers.entries()) {
    const one = posted[n];
    const { status = 202, id } = results[at] ?? {};
    if (!one || status !== 202) continue;
    one.accepted = true;
    if (typeof id === 'string') one.id = id;
  }
}

/** Of an answer to an event, to several, or to alerts. */
function resultsOf(body: string): readonly Readonly<Record<string, unknown>>[] {
  const answer = parse(body);
  if (!isObject(answer)) return [];
  return objectsIn(answer['results'] ?? answer['alerts'] ?? [{ id: answer['id'] }]);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
