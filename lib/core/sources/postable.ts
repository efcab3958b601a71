import * as z from 'zod/mini';
import { type ParsedAlert, type ParsedAlerts, MAX_ALERTS, fingerprintOf } from '../alert.ts';
import { below, inputErrors } from '../input-error.ts';
import {
  annotationsInput,
  fitAnnotations,
  labelsInput,
  linkOf,
  refusal,
  timeInput,
  timeOf,
} from './alert-input.ts';

/*
 * Alerts as Alertmanager's own interface takes them (prometheus/alertmanager api/v2/openapi.yaml, postableAlerts):
 * Prometheus sends each again every minute for as long as it fires, with an end that lies a few minutes ahead, and
 * for 15 minutes after it has ended.
 */

const postableAlert = z.looseObject(
  {
    labels: labelsInput,
    annotations: annotationsInput,
    startsAt: z.exactOptional(timeInput),
    endsAt: z.exactOptional(timeInput),
    generatorURL: z.exactOptional(z.unknown()),
  },
  { error: 'an alert is an object' },
);

/** The payload as the API describes it. */
export const postableInput = z.array(postableAlert).check(z.minLength(1), z.maxLength(MAX_ALERTS));

/** How long an alert fires of which nobody says when it ends: the default `resolve_timeout` of Alertmanager. */
const RESOLVE_MS = 5 * 60_000;

/** Reads a post. What ended before now is resolved; error pointers start at the body. */
export function parsePostable(input: unknown, nowMs: number): ParsedAlerts {
  if (Array.isArray(input) && input.length > 0 && input.length <= MAX_ALERTS)
    return { ok: true, alerts: input.map((alert, index) => parseAlert(alert, `/${index}`, nowMs)) };
  return refusal('', 'range', `a post is an array of 1 to ${MAX_ALERTS} alerts`);
}

function parseAlert(input: unknown, pointer: string, nowMs: number): ParsedAlert {
  const parsed = postableAlert.safeParse(input, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: below(pointer, inputErrors(parsed.error.issues)) };
  const { labels: given, annotations = {}, startsAt, endsAt, generatorURL } = parsed.data;
  // An empty label is the same as none.
  const labels = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const name = labels['alertname'];
  if (!name) return refusal(`${pointer}/labels`, 'required', 'the label alertname is missing');
  const endsAtMs = timeOf(endsAt) ?? nowMs + RESOLVE_MS;
  const startsAtMs = timeOf(startsAt) ?? Math.min(nowMs, endsAtMs);
  if (endsAtMs < startsAtMs) return refusal(`${pointer}/endsAt`, 'range', 'endsAt is before startsAt');
  const isOver = endsAtMs <= nowMs;
  const link = linkOf(generatorURL);
  return {
    ok: true,
    alert: {
      source: 'prometheus',
      name,
      status: isOver ? 'resolved' : 'firing',
      labels,
      ...fitAnnotations(annotations),
      fingerprint: fingerprintOf(undefined, name, labels),
      startsAtMs,
      ...(isOver ? { endsAtMs } : { lapsesAtMs: endsAtMs }),
      ...(link && { generatorURL: link }),
    },
  };
}
