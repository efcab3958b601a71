import * as z from 'zod/mini';
import { type Alert, type ParsedAlert, type ParsedAlerts, MAX_ALERTS, fingerprintOf } from '../alert.ts';
import { below, inputErrors } from '../input-error.ts';
import { isObject } from '../is-object.ts';
import type { Mutable } from '../mutable.ts';
import {
  annotationsInput,
  fingerprintInput,
  fitAnnotations,
  labelsInput,
  linkOf,
  refusal,
  timeInput,
  timeOf,
} from './alert-input.ts';
import { areAnnotations, areLabels, isFingerprint, isTime } from './plain-alert.ts';

/*
 * The webhook of Prometheus Alertmanager, payload version 4 (prometheus/alertmanager docs/configuration.md,
 * webhook_config).
 */

const STATUS = { error: 'status is firing or resolved' };

export const alertmanagerAlert = z.looseObject(
  {
    status: z.enum(['firing', 'resolved'], STATUS),
    labels: labelsInput.check(
      z.refine((labels) => Boolean(labels['alertname']), 'the label alertname is missing'),
    ),
    annotations: annotationsInput,
    startsAt: timeInput,
    endsAt: z.exactOptional(timeInput),
    generatorURL: z.exactOptional(z.unknown()),
    fingerprint: fingerprintInput,
  },
  { error: 'an alert is an object' },
);

const envelope = {
  version: z.literal('4', { error: 'version is "4"' }),
  status: z.enum(['firing', 'resolved'], STATUS),
  groupKey: z.string({ error: 'groupKey is a text' }).check(z.minLength(1, 'groupKey must not be empty')),
  receiver: z.exactOptional(z.string({ error: 'receiver is a text' }).check(z.maxLength(512))),
  externalURL: z.exactOptional(z.unknown()),
};

const count = () =>
  [
    z.minLength(1, 'alerts must not be empty'),
    z.maxLength(MAX_ALERTS, `a post has at most ${MAX_ALERTS} alerts`),
  ] as const;

/** The payload as the API describes it. */
export const alertmanagerInput = z.looseObject({
  ...envelope,
  alerts: z.array(alertmanagerAlert).check(...count()),
});

/** The same with alerts still unread: one bad alert does not cost its neighbours. */
const shell = z.looseObject(
  { ...envelope, alerts: z.array(z.unknown(), { error: 'alerts is an array' }).check(...count()) },
  { error: 'the payload is an object' },
);

/** Reads a payload of version 4. Error pointers start at the body. */
export function parseAlertmanager(input: unknown): ParsedAlerts {
  const parsed = shell.safeParse(input, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: inputErrors(parsed.error.issues) };
  const { alerts, receiver, externalURL } = parsed.data;
  const link = linkOf(externalURL);
  const context = { ...(receiver && { receiver }), ...(link && { externalURL: link }) };
  return { ok: true, alerts: alerts.map((alert, index) => parseAlert(alert, `/alerts/${index}`, context)) };
}

/** What the schema lets pass, and not all of it. */
export function isPlain(input: unknown): input is z.infer<typeof alertmanagerAlert> {
  return (
    isObject(input) &&
    (input['status'] === 'firing' || input['status'] === 'resolved') &&
    areLabels(input['labels']) &&
    Boolean(input['labels']['alertname']) &&
    areAnnotations(input['annotations']) &&
    isTime(input['startsAt']) &&
    (input['endsAt'] === undefined || isTime(input['endsAt'])) &&
    isFingerprint(input['fingerprint'])
  );
}

function parseAlert(
  input: unknown,
  pointer: string,
  { receiver, externalURL }: Pick<Alert, 'receiver' | 'externalURL'>,
): ParsedAlert {
  const parsed = isPlain(input)
    ? { success: true as const, data: input }
    : alertmanagerAlert.safeParse(input, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: below(pointer, inputErrors(parsed.error.issues)) };
  const { status, labels, annotations = {}, startsAt, endsAt, generatorURL, fingerprint } = parsed.data;
  const startsAtMs = timeOf(startsAt);
  const endsAtMs = timeOf(endsAt);
  if (endsAtMs !== undefined && startsAtMs !== undefined && endsAtMs < startsAtMs) {
    return refusal(`${pointer}/endsAt`, 'range', 'endsAt is before startsAt');
  }
  const name = labels['alertname'] ?? '';
  const fit = fitAnnotations(annotations);
  const alert: Mutable<Alert> = {
    source: 'alertmanager',
    name,
    status,
    labels,
    annotations: fit.annotations,
    fingerprint: fingerprintOf(fingerprint, name, labels),
  };
  if (fit.truncated) alert.truncated = true;
  if (startsAtMs !== undefined) alert.startsAtMs = startsAtMs;
  if (status === 'resolved' && endsAtMs !== undefined) alert.endsAtMs = endsAtMs;
  const link = linkOf(generatorURL);
  if (link !== undefined) alert.generatorURL = link;
  if (receiver !== undefined) alert.receiver = receiver;
  if (externalURL !== undefined) alert.externalURL = externalURL;
  return { ok: true, alert };
}
