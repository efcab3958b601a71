import type { AlertSource } from '../../core/alert.ts';
import {
  ProblemError,
  type ProblemIssue,
  type ProblemSlug,
  problem,
  problemDocument,
} from '../../core/problem.ts';
import type { Receipt } from '../ingest.ts';
import { errorOf } from './events-answer.ts';
import type { PostAnswer } from './request.ts';
import { RETRY_AFTER, unavailable } from './work.ts';

export interface AlertPost {
  readonly source: AlertSource;
  readonly receipts: readonly Receipt[];
  readonly requestId: string;
  readonly tookMs: number;
}

/** Of one answer. */
const MAX_ERRORS = 100;

/**
 * The answer to a post of alerts: 202 when all are taken, 207 when some are wrong, 422 when all are. As soon
 * as one could not be taken because of us, 503: Alertmanager and its forks come again on 5xx only and drop
 * what any 4xx, 429 included, was answered to; what was taken is then a duplicate.
 */
export function answerAlerts({ source, receipts, requestId, tookMs }: AlertPost): PostAnswer {
  const refused = receipts.flatMap((receipt) => (receipt.kind === 'refused' ? [receipt.problem] : []));
  const processed = receipts.length - refused.length;
  const took = `${Math.round(tookMs)}ms`;
  const headers = {
    'x-processing-time': took,
    'x-webhook-type': source,
    'x-alerts-processed': String(processed),
  };
  const summary = {
    webhook_type: source,
    alerts_received: receipts.length,
    alerts_processed: processed,
    request_id: requestId,
    processing_time: took,
  };
  const errors = refused.flatMap((one) => one.errors ?? []).slice(0, MAX_ERRORS);
  const failure = failureOf(
    refused.map(({ slug }) => slug),
    processed,
    errors,
  );
  if (failure) {
    return {
      status: failure.status,
      headers: {
        ...headers,
        ...(failure.status === 503 && RETRY_AFTER),
        'content-type': 'application/problem+json',
      },
      body: { ...problemDocument(failure, requestId), ...summary },
    };
  }
  return {
    status: refused.length === 0 ? 202 : 207,
    headers,
    body: {
      status: refused.length === 0 ? 'success' : 'partial_success',
      message: `${processed} of ${receipts.length} alerts taken`,
      ...summary,
      errors,
      alerts: receipts.map(result),
    },
  };
}

/**
 * The answer of Alertmanager's own interface: 200, or an error as soon as one alert is refused, so that Prometheus
 * counts it; the others are taken all the same.
 */
export function answerApiAlerts({ receipts }: AlertPost): PostAnswer {
  const refused = receipts.flatMap((receipt) => (receipt.kind === 'refused' ? [receipt.problem] : []));
  const errors = refused.flatMap((one) => one.errors ?? []).slice(0, MAX_ERRORS);
  const slugs = refused.map(({ slug }) => slug);
  const failure = failureOf(slugs, 0, errors);
  if (failure) throw new ProblemError(failure, failure.status === 503 ? RETRY_AFTER : {});
  return { status: 200, body: { status: 'success' } };
}

function failureOf(slugs: readonly ProblemSlug[], processed: number, errors: readonly ProblemIssue[]) {
  if (slugs.includes('unavailable')) return unavailable();
  const [first] = slugs;
  if (processed > 0 || first === undefined) return undefined;
  const slug = slugs.every((one) => one === first) ? first : 'validation';
  return problem(slug, errors[0]?.detail, errors);
}

function result(receipt: Receipt, index: number) {
  if (receipt.kind === 'refused') {
    return { index, status: receipt.problem.status, error: errorOf(receipt.problem) };
  }
  const { kind, id } = receipt;
  if (kind === 'neverFiring') return { index, status: 202, id, ignored: 'neverFiring' };
  return { index, status: 202, id, duplicate: kind === 'duplicate' };
}
