import { createHash } from 'node:crypto';
import { defineChannel } from '../channel.ts';
import { clean } from '../core/escape.ts';
import { LINK_WORDS, linkOf } from '../core/look.ts';
import type { Notification } from '../core/notification.ts';
import { outcomeOf } from '../core/outcome.ts';
import { membersOf, replyMembers, withHint } from '../core/reply-body.ts';
import { INCIDENT_RETRY_MS } from '../core/retry-schedule.ts';
import { truncate } from '../core/text.ts';

/*
 * Events API v2 (github.com/PagerDuty/developer-docs, docs/events-API-v2: Overview, Send an Alert Event). An
 * event has at most 512 KB: a notification, its text and its data, is a third of that (`core/render.ts`).
 */
const MAX_SUMMARY = 1_024;
const MAX_DEDUP_KEY = 255;
/** A choice: what people read at a glance. */
const MAX_WORD = 255;
/** "Preferably with a backoff of a few minutes" (Overview, Rate Limits); which rate it is, no page says. */
const PAUSE_MS = 120_000;

/** support.pagerduty.com/docs/service-regions and safelist-ips. */
const US_URL = 'https://events.pagerduty.com';
const EU_URL = 'https://events.eu.pagerduty.com';

const SEVERITIES = {
  critical: 'critical',
  error: 'error',
  warning: 'warning',
  info: 'info',
  debug: 'info',
} as const;

export const pagerduty = defineChannel({
  name: 'pagerduty',
  title: 'PagerDuty',
  fields: {
    routingKey: {
      kind: 'secret',
      about: 'Integration key of an Events API v2 integration of the service: 32 characters.',
      secret: true,
      pattern: /^[A-Za-z0-9]{32}$/,
      local: (_, name) =>
        name
          .replaceAll(/[^A-Za-z0-9]/g, '')
          .padEnd(32, '0')
          .slice(0, 32),
    },
    region: {
      kind: 'text',
      about: 'Service region of the account; us unless given.',
      oneOf: ['us', 'eu'],
      optional: true,
    },
    apiUrl: {
      kind: 'url',
      about: 'Base URL of the Events API, when a proxy of your own stands before it.',
      optional: true,
      local: (twinUrl) => `${twinUrl}/pagerduty`,
    },
  },
  payload: 'event',
  timeoutMs: 15_000,
  retryMs: INCIDENT_RETRY_MS,
  // It merges with the open alert of the same key, which PagerDuty keeps until that is resolved.
  providerKey: { member: 'dedup_key' },
  // A trigger that is sent after the resolve of its key opens the alert anew (Overview, Event Action Behavior).
  newestOnly: true,
  request(notification, { routingKey, region, apiUrl = region === 'eu' ? EU_URL : US_URL }, { wireId }) {
    const links = [
      { href: linkOf(notification), text: 'Open' },
      { href: notification.links?.acknowledge, text: `${LINK_WORDS.acknowledge} in Fanfare` },
    ].filter(({ href }) => href !== undefined);
    const event = {
      routing_key: routingKey,
      event_action: notification.status === 'resolved' ? 'resolve' : 'trigger',
      dedup_key: dedupKeyOf(notification, wireId),
      client: 'Fanfare',
      links: links.length > 0 ? links : undefined,
      payload: payloadOf(notification),
    };
    return {
      transport: 'http',
      method: 'POST',
      url: `${apiUrl.replace(/\/$/, '')}/v2/enqueue`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    };
  },
  outcome(reply, nowMs) {
    const { dedup_key: key } = replyMembers(reply.body);
    if (reply.status === 202 && typeof key === 'string') return { kind: 'delivered', providerId: key };
    return withHint(outcomeOf(reply, nowMs), reply.status === 429 ? PAUSE_MS : undefined);
  },
});

/** What triggers an alert and what resolves it carry the same key; events that name no incident are one each. */
function dedupKeyOf({ dedupeKey }: Notification, wireId: string): string {
  if (dedupeKey === undefined) return wireId;
  return dedupeKey.length <= MAX_DEDUP_KEY
    ? dedupeKey
    : createHash('sha256').update(dedupeKey).digest('base64url');
}

/** The common event format (Overview, PD-CEF). The summary is read out on the phone: no emoji before it. */
function payloadOf({
  title,
  text,
  topic,
  time,
  severity,
  source,
  subject,
  data,
  truncated,
}: Notification): object {
  const labels = membersOf(data?.['labels']);
  return {
    summary: truncate(clean(title).trim() || topic, MAX_SUMMARY),
    source: word(labels['instance']) ?? word(source) ?? topic,
    // Where nobody said how bad it is, a phone that stays silent would be the worse guess.
    severity: severity ? SEVERITIES[severity] : 'error',
    timestamp: time,
    component: word(labels['service']) ?? word(labels['job']),
    group: word(labels['cluster']) ?? word(labels['namespace']),
    class: word(data?.['alertname']) ?? topic,
    custom_details: { text: clean(text), topic, source, subject, data, truncated },
  };
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' ? truncate(clean(value).trim(), MAX_WORD) || undefined : undefined;
}
