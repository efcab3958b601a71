import * as z from 'zod/mini';
import { type ParsedAlerts, fingerprintOf } from '../alert.ts';
import { inputErrors } from '../input-error.ts';
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

/*
 * A plain alert object for senders that speak no known protocol:
 * `{ alertname, status?, severity?, message?, timestamp?, labels? }`. Unknown members are ignored.
 */

const FIRING = ['firing', 'alerting', 'active', 'triggered', 'open', 'problem'] as const;
const RESOLVED = ['resolved', 'ok', 'inactive', 'closed', 'recovered'] as const;

const word = (name: string, max: number) =>
  z.exactOptional(
    z.string({ error: `${name} is a text` }).check(z.maxLength(max, `${name} has at most ${max} characters`)),
  );

const scalars = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], {
    error: 'the value of a label is a text, number or boolean',
  }),
  { error: 'labels is an object' },
);

function texts(labels: z.infer<typeof scalars>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

export const genericInput = z.looseObject(
  {
    alertname: word('alertname', 255),
    status: z.exactOptional(
      z.enum([...FIRING, ...RESOLVED], { error: `status is one of ${[...FIRING, ...RESOLVED].join(', ')}` }),
    ),
    severity: word('severity', 64),
    message: word('message', 65_536),
    timestamp: z.exactOptional(timeInput),
    startsAt: z.exactOptional(timeInput),
    endsAt: z.exactOptional(timeInput),
    labels: z.exactOptional(z.pipe(z.pipe(scalars, z.transform(texts)), labelsInput)),
    annotations: annotationsInput,
    generatorURL: z.exactOptional(z.unknown()),
    fingerprint: fingerprintInput,
  },
  { error: 'an alert is an object' },
);

/** Reads one alert object. A missing status means firing. */
export function parseGeneric(input: unknown): ParsedAlerts {
  const parsed = genericInput.safeParse(input, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: inputErrors(parsed.error.issues) };
  const {
    severity,
    message,
    timestamp,
    annotations = {},
    generatorURL,
    fingerprint,
    labels = {},
  } = parsed.data;
  const name = parsed.data.alertname || labels['alertname'];
  if (!name) return refusal('/alertname', 'required', 'alertname is missing');
  const status = (RESOLVED as readonly string[]).includes(parsed.data.status ?? '') ? 'resolved' : 'firing';
  const startsAtMs = timeOf(parsed.data.startsAt ?? (status === 'firing' ? timestamp : undefined));
  const endsAtMs = status === 'resolved' ? timeOf(parsed.data.endsAt ?? timestamp) : undefined;
  if (startsAtMs !== undefined && endsAtMs !== undefined && endsAtMs < startsAtMs) {
    return refusal('/endsAt', 'range', 'endsAt is before startsAt');
  }
  const link = linkOf(generatorURL);
  return {
    ok: true,
    alerts: [
      {
        ok: true,
        alert: {
          source: 'generic',
          name,
          status,
          labels: { ...labels, ...(severity && { severity }) },
          ...fitAnnotations({ ...annotations, ...(message && { message }) }),
          // Severity and message may change while the alert stays the same one.
          fingerprint: fingerprintOf(fingerprint, name, labels),
          ...(startsAtMs !== undefined && { startsAtMs }),
          ...(endsAtMs !== undefined && { endsAtMs }),
          ...(link && { generatorURL: link }),
        },
      },
    ],
  };
}
