import * as z from 'zod';

/** An event in the queue of the router. */
export const eventShape = z.object({
  id: z.string().min(1).max(128),
  topic: z.string().regex(/^\w+(\.\w+)*$/),
  time: z.iso.datetime(),
  severity: z.enum(['debug', 'info', 'warning', 'error', 'critical']).optional(),
  source: z.string().optional(),
  subject: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});

/** A notification in the queue of the sender: where it goes is told in the message. */
export const deliveryShape = z.object({
  id: z.string().min(1).max(256),
  destination: z.string().min(1).max(64),
  url: z.url(),
  title: z.string(),
  text: z.string(),
  event: eventShape,
});

export type Delivery = z.infer<typeof deliveryShape>;

const labels = z.record(z.string(), z.string());

/** What Alertmanager posts (prometheus.io/docs/alerting/latest/configuration/#webhook_config). */
export const alertsShape = z.object({
  version: z.literal('4'),
  groupKey: z.string(),
  truncatedAlerts: z.number().optional(),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string(),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: z.string(),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels,
        annotations: labels,
        startsAt: z.string(),
        endsAt: z.string(),
        generatorURL: z.string(),
        fingerprint: z.string(),
      }),
    )
    .min(1),
});
