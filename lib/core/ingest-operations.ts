import type { Operation } from './operation.ts';

/** What the alert sources post, one schema for each. */
const ALERT_BODIES = ['Alertmanager', 'Prometheus', 'Alert'];

/** What the ingest function answers. */
export const INGEST_OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /v1/events': {
    about: 'Takes an event, up to 500 of them, or CloudEvents 1.0; 207 when results differ.',
    scope: 'send',
    bodies: ['Event', 'Events'],
    statuses: [202, 207],
  },
  'POST /v1/hooks/{source}': {
    about: 'Takes what a source posts, with an API key.',
    scope: 'send',
    bodies: ALERT_BODIES,
    statuses: [202, 207, 503],
  },
  'POST /v1/hooks/{source}/{hookId}': {
    about: 'Takes what a source posts to its unguessable URL.',
    bodies: ALERT_BODIES,
    statuses: [202, 207, 503],
  },
  'POST /webhook': {
    about: 'Takes alerts of Alertmanager, Prometheus, or any alert object.',
    scope: 'send',
    bodies: ALERT_BODIES,
    statuses: [202, 207, 503],
  },
  'POST /api/v2/alerts': {
    about: 'Takes alerts as Prometheus sends them to an Alertmanager.',
    scope: 'send',
    bodies: ['PostableAlerts'],
    statuses: [200, 503],
  },
  'POST /v1/heartbeats/{id}': {
    about: 'A heartbeat beats; what the body holds is not read.',
    scope: 'beat',
    statuses: [204],
  },
};
