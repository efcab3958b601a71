import * as z from 'zod/mini';
import { MAX_ALERTS, type ParsedAlert, type ParsedAlerts, type Texts, fingerprintOf } from '../alert.ts';
import { below, inputErrors } from '../input-error.ts';
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
 * Alerts in the form of Prometheus' own API (prometheus/prometheus docs/querying/api.md, /api/v1/alerts): a
 * plain array ("v1"), or groups with labels of their own that hold such arrays ("v2").
 */

export const prometheusAlert = z.looseObject(
  {
    labels: labelsInput,
    state: z.enum(['firing', 'pending', 'inactive'], { error: 'state is firing, pending or inactive' }),
    activeAt: z.exactOptional(timeInput),
    annotations: annotationsInput,
    generatorURL: z.exactOptional(z.unknown()),
    fingerprint: fingerprintInput,
  },
  { error: 'an alert is an object' },
);

const unread = z.array(z.unknown(), { error: 'alerts is an array' });

const group = z.looseObject(
  { labels: z.exactOptional(labelsInput), alerts: unread },
  { error: 'a group is an object' },
);

/** The two payloads as the API describes them. */
export const prometheusInput = z.union([
  z.array(prometheusAlert).check(z.minLength(1), z.maxLength(MAX_ALERTS)),
  z.looseObject({
    groups: z.array(
      z.looseObject({ labels: z.exactOptional(labelsInput), alerts: z.array(prometheusAlert) }),
    ),
  }),
]);

const groupsInput = z.looseObject({
  groups: z
    .array(group, { error: 'groups is an array' })
    .check(z.maxLength(MAX_ALERTS, `a post has at most ${MAX_ALERTS} groups`)),
});

interface Found {
  readonly input: unknown;
  readonly pointer: string;
  readonly labels: Texts;
}

/** Reads either form. Pending counts as firing, inactive as resolved. Error pointers start at the body. */
export function parsePrometheus(input: unknown): ParsedAlerts {
  if (Array.isArray(input))
    return parseAll(input.map((alert, index) => ({ input: alert, pointer: `/${index}`, labels: {} })));
  const parsed = groupsInput.safeParse(input, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: inputErrors(parsed.error.issues) };
  return parseAll(
    parsed.data.groups.flatMap(({ labels = {}, alerts }, at) =>
      alerts.map((alert, index) => ({ input: alert, pointer: `/groups/${at}/alerts/${index}`, labels })),
    ),
  );
}

function parseAll(found: readonly Found[]): ParsedAlerts {
  if (found.length > 0 && found.length <= MAX_ALERTS) return { ok: true, alerts: found.map(parseAlert) };
  return refusal('', 'range', `a post has 1 to ${MAX_ALERTS} alerts`);
}

/** Labels of a group stand below those of the alert. */
function parseAlert({ input, pointer, labels: outer }: Found): ParsedAlert {
  const parsed = prometheusAlert.safeParse(input, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: below(pointer, inputErrors(parsed.error.issues)) };
  const { state, activeAt, annotations = {}, generatorURL, fingerprint } = parsed.data;
  const labels = { ...outer, ...parsed.data.labels };
  const name = labels['alertname'];
  if (!name) return refusal(`${pointer}/labels`, 'required', 'the label alertname is missing');
  const startsAtMs = timeOf(activeAt);
  const link = linkOf(generatorURL);
  return {
    ok: true,
    alert: {
      source: 'prometheus',
      name,
      status: state === 'inactive' ? 'resolved' : 'firing',
      labels,
      ...fitAnnotations(annotations),
      fingerprint: fingerprintOf(fingerprint, name, labels),
      ...(startsAtMs !== undefined && { startsAtMs }),
      ...(link && { generatorURL: link }),
    },
  };
}
