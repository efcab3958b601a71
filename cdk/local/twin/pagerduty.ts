import { type Answer, type Call, type Door, type Provider, isRecord } from './provider.ts';

/** github.com/PagerDuty/developer-docs, docs/events-API-v2: Send an Alert Event, Parameters; Overview, Size Limits. */
const MAX_BYTES = 512_000;
const MAX_SUMMARY = 1_024;
const MAX_DEDUP_KEY = 255;
const ACTIONS = new Set(['trigger', 'acknowledge', 'resolve']);
const SEVERITIES = new Set(['critical', 'warning', 'error', 'info']);

function invalid(errors: readonly string[]): Answer {
  return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } };
}

function throttled(retryAfter?: number): Answer {
  return {
    status: 429,
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
    body: {
      status: 'throttle exceeded',
      message: 'Requests for this service are arriving too quickly.  Please retry later.',
    },
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** Everything that is wrong with an event, in PagerDuty's words as far as they are known. */
function faultsOf({ raw, body }: Call): string[] {
  if (raw.length > MAX_BYTES) return ['Event exceeds 512 KB'];
  if (!isRecord(body)) return ['Event object format is unrecognized'];
  const { routing_key: routing, event_action: action, dedup_key: key, payload } = body;
  const faults: string[] = [];
  if (!isText(routing)) faults.push("'routing_key' is missing or blank");
  else if (routing.length !== 32)
    faults.push("Length of 'routing_key' is incorrect (should be 32 characters)");
  if (!ACTIONS.has(String(action))) faults.push("'event_action' is invalid");
  if (key === undefined ? action !== 'trigger' : !isText(key)) faults.push("'dedup_key' is missing or blank");
  if (isText(key) && key.length > MAX_DEDUP_KEY) faults.push("Length of 'dedup_key' is incorrect");
  if (action === 'trigger') faults.push(...payloadFaults(isRecord(payload) ? payload : {}));
  return faults;
}

function payloadFaults({ summary, source, severity }: Readonly<Record<string, unknown>>): string[] {
  const faults: string[] = [];
  if (!isText(summary)) faults.push("'payload.summary' is missing or blank");
  else if (summary.length > MAX_SUMMARY) faults.push("Length of 'payload.summary' is incorrect");
  if (!isText(source)) faults.push("'payload.source' is missing or blank");
  if (!SEVERITIES.has(String(severity)))
    faults.push(
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    );
  return faults;
}

const enqueue: Door = {
  methods: ['POST'],
  path: /^\/pagerduty\/v2\/enqueue$/,
  read(call) {
    const routing = isRecord(call.body) ? call.body['routing_key'] : undefined;
    const faults = faultsOf(call);
    const refusal = faults.length > 0 ? { why: faults.join(', '), answer: invalid(faults) } : undefined;
    return { destination: isText(routing) ? routing : '', refusal };
  },
  accept({ body }, { serial }) {
    const key = isRecord(body) ? body['dedup_key'] : undefined;
    const answer = { status: 'success', message: 'Event processed', dedup_key: key ?? `twin-${serial}` };
    return { status: 202, body: answer };
  },
  // No rate is published: it is "dynamically adjusted". A behaviour can throttle.
  limited: () => throttled(),
  fail(status, retryAfter) {
    if (status === 429) return throttled(retryAfter);
    return status === 400 ? invalid(['Invalid routing key']) : { status, body: { status: 'error' } };
  },
};

export const pagerduty: Provider = { name: 'pagerduty', title: 'PagerDuty', limits: [], doors: [enqueue] };
