import type { ApiScope } from './catalog.ts';
import { ENTRY_KINDS, type EntryKind, SECTIONS } from './catalog-entry.ts';
import { INGEST_OPERATIONS } from './ingest-operations.ts';
import type { Operation } from './operation.ts';

/** An inbound URL and the id of a key are half a credential: whoever may see them may as well change them. */
export function readScope(kind: EntryKind): ApiScope {
  return kind === 'hook' || kind === 'key' ? 'manage' : 'read';
}

/** `a limit`, `an inhibition`. */
function aOf(kind: EntryKind): string {
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function entryOperations(kind: EntryKind): [string, Operation][] {
  const path = `/v1/${SECTIONS[kind]}`;
  const bodies = [kind.charAt(0).toUpperCase() + kind.slice(1)];
  return [
    [`GET ${path}`, { about: `All ${SECTIONS[kind]}.`, scope: readScope(kind), statuses: [200] }],
    [`GET ${path}/{id}`, { about: `One ${kind}, with its ETag.`, scope: readScope(kind), statuses: [200] }],
    [
      `PUT ${path}/{id}`,
      {
        about: `Makes or replaces ${aOf(kind)}; If-Match is required to replace.`,
        scope: 'manage',
        bodies,
        statuses: [200, 201],
      },
    ],
    [
      `PATCH ${path}/{id}`,
      {
        about: `Changes members of ${aOf(kind)} by a JSON Merge Patch; If-Match is required.`,
        scope: 'manage',
        bodies: ['Patch'],
        statuses: [200],
      },
    ],
    [`DELETE ${path}/{id}`, { about: `Removes ${aOf(kind)}.`, scope: 'manage', statuses: [204] }],
  ];
}

/** What the management function answers. */
export const MANAGE_OPERATIONS: Readonly<Record<string, Operation>> = {
  ...Object.fromEntries(ENTRY_KINDS.flatMap(entryOperations)),
  'GET /v1/heartbeats': { about: 'All heartbeats, and how they stand.', scope: 'read', statuses: [200] },
  'GET /v1/heartbeats/{id}': {
    about: 'One heartbeat and how it stands, with its ETag.',
    scope: 'read',
    statuses: [200],
  },
  'GET /v1/destinations/{id}/health': {
    about: 'Whether messages get through to a destination, and what holds them up.',
    scope: 'read',
    statuses: [200],
  },
  'POST /v1/destinations/{id}/test': {
    about: 'Sends a test message to a destination.',
    scope: 'manage',
    statuses: [202],
  },
  'POST /v1/destinations/{id}/rotate': {
    about: 'Puts a new signing secret in front of the others.',
    scope: 'manage',
    bodies: ['Rotation'],
    statuses: [200],
  },
  'GET /v1/catalog': { about: 'The whole catalog.', scope: 'manage', statuses: [200] },
  'PUT /v1/catalog': {
    about: 'Makes the catalog equal to the body; dryRun=true only says what would change.',
    scope: 'manage',
    query: ['dryRun', 'keep'],
    bodies: ['Catalog'],
    statuses: [200],
  },
  'GET /v1/events/{id}': {
    about: 'An event with its deliveries and their attempts.',
    scope: 'read',
    statuses: [200],
  },
  'DELETE /v1/events/{id}': {
    about: 'Cancels a scheduled event that has not been sent.',
    scope: 'send',
    statuses: [204],
  },
  'POST /v1/events/{id}/acknowledge': {
    about: 'Somebody takes care of the incident an event belongs to: nobody else is told of it.',
    scope: 'send',
    bodies: ['Acknowledgement'],
    statuses: [200],
  },
  'GET /v1/deliveries': {
    about: 'Deliveries that are not delivered, by state; a cursor leads to the next page.',
    scope: 'read',
    query: ['state', 'limit', 'cursor'],
    statuses: [200],
  },
  'GET /v1/deliveries/{id}': {
    about: 'One delivery with its attempts.',
    scope: 'read',
    statuses: [200],
  },
  'POST /v1/deliveries/{id}/discard': {
    about: 'Ends a dead, retrying or held delivery for good.',
    scope: 'manage',
    statuses: [200],
  },
  'POST /v1/deliveries/{id}/replay': {
    about: 'Gives a dead delivery another full round of attempts.',
    scope: 'manage',
    statuses: [202],
  },
  'POST /v1/replays': {
    about: 'Sends many again: dead deliveries, or past events; preview only says what it would do.',
    scope: 'manage',
    bodies: ['DeadReplay', 'EventReplay'],
    statuses: [200, 202],
  },
  'GET /v1/replays': { about: 'The replays of 30 days, newest first.', scope: 'read', statuses: [200] },
  'GET /v1/replays/{id}': { about: 'How far a replay is.', scope: 'read', statuses: [200] },
  'POST /v1/replays/{id}/pause': { about: 'Lets a replay rest.', scope: 'manage', statuses: [200] },
  'POST /v1/replays/{id}/resume': { about: 'Lets it go on.', scope: 'manage', statuses: [200] },
  'POST /v1/replays/{id}/cancel': {
    about: 'Ends it; what it has not come to stays as it is.',
    scope: 'manage',
    statuses: [200],
  },
  'POST /v1/pauses': {
    about: 'Holds back what goes to a destination, a channel or everybody of the tenant.',
    scope: 'manage',
    bodies: ['Pause'],
    statuses: [200, 201],
  },
  'GET /v1/pauses': { about: 'What is paused.', scope: 'read', statuses: [200] },
  'DELETE /v1/pauses/{id}': {
    about: 'Ends a pause; what was held back is sent at the limit.',
    scope: 'manage',
    statuses: [204],
  },
  'POST /v1/explain': {
    about: 'What would become of an event now or at a time, and why.',
    scope: 'read',
    bodies: ['Explain'],
    statuses: [200],
  },
  'POST /v1/silences': {
    about: 'Keeps some events from some destinations for a time; the same id again replaces it.',
    scope: 'manage',
    bodies: ['Silence'],
    statuses: [200, 201],
  },
  'GET /v1/silences': {
    about: 'Silences that hold, will hold or ended within a week.',
    scope: 'read',
    statuses: [200],
  },
  'GET /v1/silences/{id}': { about: 'One silence.', scope: 'read', statuses: [200] },
  'DELETE /v1/silences/{id}': { about: 'Ends a silence now.', scope: 'manage', statuses: [204] },
  'GET /v1/recipients': {
    about: 'People and teams; a cursor leads to the next page.',
    scope: 'read',
    query: ['limit', 'cursor'],
    statuses: [200],
  },
  'GET /v1/recipients/{id}': { about: 'One person or team, with its ETag.', scope: 'read', statuses: [200] },
  'PUT /v1/recipients/{id}': {
    about: 'Makes or replaces a person or a team.',
    scope: 'manage',
    bodies: ['Person', 'Team'],
    statuses: [200, 201],
  },
  'PATCH /v1/recipients/{id}': {
    about: 'Changes members of a person or a team by a JSON Merge Patch.',
    scope: 'manage',
    bodies: ['Patch'],
    statuses: [200],
  },
  'DELETE /v1/recipients/{id}': { about: 'Removes a person or a team.', scope: 'manage', statuses: [204] },
  'GET /v1/recipients/{id}/inbox': {
    about: 'The in-app inbox of a person, newest first, and how much of it is unread.',
    scope: 'read',
    query: ['unread', 'limit', 'cursor'],
    statuses: [200],
  },
  'POST /v1/recipients/{id}/inbox/read': {
    about: 'Marks what is unread as read, at most 500 a call.',
    scope: 'manage',
    statuses: [200],
  },
  'POST /v1/recipients/{id}/inbox/{item}/read': {
    about: 'Marks one message as read.',
    scope: 'manage',
    statuses: [204],
  },
  'GET /v1/queues': { about: 'How much waits in each queue of the stack.', scope: 'read', statuses: [200] },
  'GET /api/v2/alerts': {
    about: 'Alerts that fire, as Alertmanager shows them.',
    scope: 'read',
    query: ['filter', 'active', 'silenced', 'inhibited', 'unprocessed', 'receiver'],
    repeats: ['filter'],
    statuses: [200],
  },
  'GET /api/v2/alerts/groups': {
    about: 'Alerts that fire, in the groups in which each destination is told of them.',
    scope: 'read',
    query: ['filter', 'active', 'silenced', 'inhibited', 'receiver'],
    repeats: ['filter'],
    statuses: [200],
  },
  'GET /api/v2/silences': {
    about: 'Silences, as Alertmanager shows them.',
    scope: 'read',
    query: ['filter'],
    repeats: ['filter'],
    statuses: [200],
  },
  'POST /api/v2/silences': {
    about: 'Makes a silence of matchers, or replaces the one it names.',
    scope: 'manage',
    bodies: ['PostableSilence'],
    statuses: [200],
  },
  'GET /api/v2/silence/{id}': {
    about: 'One silence, as Alertmanager shows it.',
    scope: 'read',
    statuses: [200],
  },
  'DELETE /api/v2/silence/{id}': { about: 'Ends a silence now.', scope: 'manage', statuses: [200] },
  'GET /api/v2/receivers': { about: 'The destinations by name.', scope: 'read', statuses: [200] },
  'GET /api/v2/status': {
    about: 'Which version of Alertmanager this interface is of.',
    scope: 'read',
    statuses: [200],
  },
  'GET /v1/links/{token}': {
    about: 'The page of a link in a message: what it is for, and a form. It changes nothing.',
    statuses: [200, 410],
  },
  'POST /v1/links/{token}': {
    about:
      'Acknowledges, unsubscribes or undoes that, as the token says whose; from the page or by one click (RFC 8058).',
    form: 'LinkAnswer',
    statuses: [200, 410],
  },
  'GET /healthz': { about: 'Whether the API answers.', statuses: [200] },
  'GET /openapi.json': { about: 'This document.', statuses: [200] },
};

export const OPERATIONS: Readonly<Record<string, Operation>> = { ...INGEST_OPERATIONS, ...MANAGE_OPERATIONS };
