import { parseBinaryCloudEvent, parseCloudEvent } from '../../core/cloud-event.ts';
import { type Drafted, MAX_EVENTS, parseEvent } from '../../core/event-input.ts';
import { below } from '../../core/input-error.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import type { AuthDeps } from '../authorise.ts';
import { ingest } from '../ingest.ts';
import { jsonOf } from '../json-body.ts';
import { type AdmissionDeps, closedFor } from './admission.ts';
import { answerEvent, answerEvents } from './events-answer.ts';
import { type BookDeps, takeQuota } from './quota.ts';
import { report } from './report.ts';
import {
  type Form,
  type PostAnswer,
  type PostRequest,
  checkBody,
  idempotencyKeyOf,
  problemOf,
} from './request.ts';
import { senderOf } from './sender.ts';
import { type TermsDeps, termsFor } from './terms.ts';
import { type IngestDeps, type Item, unavailable } from './work.ts';

/** `POST /v1/events`: an event, an array of 1-500, or CloudEvents 1.0 in any of their three forms. */
export async function postEvents(
  request: PostRequest,
  deps: IngestDeps & AuthDeps & AdmissionDeps & BookDeps,
): Promise<PostAnswer> {
  const form = checkBody(request);
  const idempotencyKey = idempotencyKeyOf(request.headers);
  const caller = await senderOf(request, 'send', deps);
  const { tenant, urgentPerSecond } = caller;
  const { items, isBatch } = readItems(form, request, deps.now());
  const urgentOnly = await isClosed(tenant, items, deps);
  await takeQuota(caller, items.length, deps);
  const post = { tenant, items, idempotencyKey, urgentPerSecond, urgentOnly };
  const { receipts, replayed } = await ingest(post, deps);
  report({ tenant, receipts, route: 'events', requestId: request.requestId }, deps);
  const answer = isBatch ? answerEvents(receipts) : answerEvent(receipts);
  return replayed ? { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } } : answer;
}

/**
 * Whether only urgent events are let in now.
 * @throws ProblemError `unavailable` when that leaves nothing of the post.
 */
async function isClosed(
  tenant: string,
  items: readonly Item[],
  deps: AdmissionDeps & TermsDeps,
): Promise<boolean> {
  const seconds = await closedFor(tenant, deps);
  if (seconds === 0) return false;
  const termsOf = await termsFor(tenant, deps);
  if (items.some((item) => item.ok && termsOf(item.draft).lane === 'urgent')) return true;
  deps.telemetry.add('EventsRefused', items.length);
  deps.telemetry.log('warn', 'events have waited too long to let in more', { tenant, count: items.length });
  throw new ProblemError(unavailable(), { 'retry-after': String(seconds) });
}

interface Items {
  readonly items: readonly Item[];
  readonly isBatch: boolean;
}

function readItems(form: Form, { headers, body }: PostRequest, nowMs: number): Items {
  if (form === 'binaryCloudEvent') return one(parseBinaryCloudEvent(headers, body, nowMs));
  const value = jsonOf(body);
  const parse = form === 'json' ? parseEvent : parseCloudEvent;
  if (form === 'cloudEvent' || (form === 'json' && !Array.isArray(value))) return one(parse(value, nowMs));
  if (!Array.isArray(value))
    throw new ProblemError(problem('validation', 'A batch is an array of CloudEvents.'));
  if (value.length === 0 || value.length > MAX_EVENTS) {
    throw new ProblemError(problem('validation', `An array has 1 to ${MAX_EVENTS} events.`));
  }
  const items = value.map((input: unknown, index) => itemOf(parse(input, nowMs), `/${index}`));
  return { items, isBatch: true };
}

function one(drafted: Drafted): Items {
  return { items: [itemOf(drafted, '')], isBatch: false };
}

function itemOf(drafted: Drafted, pointer: string): Item {
  return drafted.ok ? drafted : { ok: false, problem: problemOf(below(pointer, drafted.errors)) };
}
