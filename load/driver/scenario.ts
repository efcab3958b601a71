import * as z from 'zod';
import { type Criterion, parseCriterion } from './criterion.ts';
import { FLOW_NAMES } from './flow-names.ts';
import { METRICS } from './metric-names.ts';

const positive = z.number().positive();
/** Figures of a stage are named like those of the whole run: `spike.p95` beside `latency.p95`. */
const TAKEN: ReadonlySet<string> = new Set([
  ...FLOW_NAMES,
  ...Object.keys(METRICS).map((one) => one.split('.')[0] ?? ''),
]);
const name = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9-]*$/)
  .refine((one) => !TAKEN.has(one), 'is the name of something else already');

const stage = z.strictObject({
  name: name.optional(),
  /** Units a second, at its beginning and, if it changes, at its end. */
  rate: z.number().min(0),
  to: z.number().min(0).optional(),
  seconds: positive,
});

const flow = z.strictObject({
  flow: z.enum(FLOW_NAMES),
  /** How often it comes, beside the others. */
  weight: positive.default(1),
  /** Events in a post. */
  events: z.int().min(1).max(500).default(1),
  /** Topics of its events, in turns. */
  topics: z.array(z.string()).min(1).default(['load.test']),
  lane: z.enum(['normal', 'urgent']).default('normal'),
  /** `large`: ten times the title, a hundred times the text and fifty members more than usual. */
  size: z.enum(['usual', 'large']).default('usual'),
  /** Persons they go to, in place of routes. */
  recipients: z.array(z.string()).min(1).optional(),
  /** Nobody wants them later than this. */
  expiresSeconds: positive.optional(),
});

const stack = z.strictObject({
  /** Most invocations of a function at a time. */
  workers: z.int().min(1).max(50).default(4),
  /** Rounds before the load, each with a request of the first flow for every worker: code is loaded and compiled. */
  warmRounds: z.int().min(1).max(100).default(1),
  /** Members of a catalog file. */
  catalog: z.record(z.string(), z.unknown()),
  /** Persons and teams by id. */
  recipients: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  /** How channels of the twin misbehave while the load is on. */
  behaviours: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  /** Secret of the key that posts; the stack's own when absent. */
  key: z.string().optional(),
});

const file = z
  .strictObject({
    /** Row of the list that it answers. */
    id: z.string().optional(),
    about: z.string().min(1),
    /** What a run does not say. */
    notes: z.array(z.string()).default([]),
    /** What `rate` counts. */
    unit: z.enum(['requests', 'events']).default('requests'),
    /** What fits the local stack on two cores; 1 is full scale. */
    here: z.strictObject({ rate: positive.max(1).default(1), time: positive.max(1).default(1) }).prefault({}),
    stages: z.array(stage).min(1),
    flows: z.array(flow).min(1),
    /** Destinations that hear of an event. */
    perEvent: z.int().min(0).default(1),
    /** How long what has been posted may take to arrive. */
    drainSeconds: positive.default(60),
    stack,
    criteria: z.array(z.string()).min(1),
  })
  .refine(({ unit, flows }) => unit === 'requests' || new Set(flows.map((one) => one.events)).size === 1, {
    path: ['unit'],
    error: 'events can be counted only where all flows post equally many at a time',
  });

export type Stage = z.output<typeof stage>;
export type FlowSpec = z.output<typeof flow>;
export type StackSpec = z.output<typeof stack>;

/** Shares of the full rate and time. */
export interface Scale {
  readonly rate: number;
  readonly time: number;
}

export interface Scenario extends Omit<z.output<typeof file>, 'criteria'> {
  readonly name: string;
  readonly criteria: readonly Criterion[];
}

/** Reads a scenario; a list says all that is wrong with it. */
export function parseScenario(scenarioName: string, text: string): Scenario | readonly string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return [`no JSON: ${error instanceof Error ? error.message : String(error)}`];
  }
  const parsed = file.safeParse(json);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'scenario'}: ${message}`);
  const parts = partNames(parsed.data);
  const criteria = parsed.data.criteria.map((one) => parseCriterion(one, parts));
  const faults = criteria.filter((one) => typeof one === 'string');
  if (faults.length > 0) return faults.map((fault) => `criteria: ${fault}`);
  return { ...parsed.data, name: scenarioName, criteria: criteria as Criterion[] };
}

/** Stages that have names, and flows. */
export function partNames({ stages, flows }: Pick<Scenario, 'stages' | 'flows'>): string[] {
  return [...stages.flatMap((one) => one.name ?? []), ...flows.map((one) => one.flow)];
}

/** Units that one request carries. */
export function sizeOf({ unit, flows }: Pick<Scenario, 'unit' | 'flows'>): number {
  return unit === 'events' ? (flows[0]?.events ?? 1) : 1;
}
