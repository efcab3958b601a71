import { hash } from 'node:crypto';
import type { Incident } from './incident.ts';
import type { DeliveryMode } from './mode.ts';
import type { Notification } from './notification.ts';

/** Where a delivery stands. The last three are terminal and never change. */
export const STATES = ['pending', 'held', 'sending', 'retrying', 'delivered', 'dead', 'discarded'] as const;
export type State = (typeof STATES)[number];

export const DEAD_REASONS = [
  'exhausted',
  'rejected',
  'ambiguous',
  'poison',
  'fanOut',
  'expiredInRetry',
] as const;
export type DeadReason = (typeof DEAD_REASONS)[number];

export const DISCARD_REASONS = [
  'silenced',
  'inhibited',
  'duplicate',
  'capped',
  'expired',
  'unsubscribed',
  'noRoute',
  'gone',
  'destinationDeleted',
  'disabled',
  'superseded',
  'manual',
  'cancelled',
] as const;
export type DiscardReason = (typeof DISCARD_REASONS)[number];

export function isTerminal(state: State): boolean {
  return state === 'delivered' || state === 'dead' || state === 'discarded';
}

/** The duty to bring one notification to one destination: an item of a delivery pack. */
export interface Delivery {
  readonly notification: Notification;
  /** Number of the attempt this message stands for, 1-based. */
  readonly n: number;
  /** Epoch ms of the fan-out: age caps and latency count from here. */
  readonly since: number;
  /** Sent in a message of its own after a suspicious death. */
  readonly alone?: true;
  /** Absent: at least once. */
  readonly mode?: DeliveryMode;
  /** Of its event; absent: the default, as a release before wrote it. */
  readonly retentionDays?: number;
  /** Epoch ms after which nobody wants it. */
  readonly expiresAtMs?: number;
  /** Epoch ms until which its provider knows the key of an attempt that may have been accepted, pauses or not. */
  readonly keyUntilMs?: number;
  /** What it tells of, beside others; absent: of something that only it tells. */
  readonly incident?: Incident;
}

/** Identity of a delivery within a tenant. Names contain no colon, so it reads both ways. */
export function deliveryId(event: string, destination: string): string {
  return `${event}:${destination}`;
}

export function parseDeliveryId(id: string): { event: string; destination: string } | undefined {
  const [event, destination, rest] = id.split(':');
  return event && destination && rest === undefined ? { event, destination } : undefined;
}

/**
 * The id a receiver dedupes on (`webhook-id`): ours, stable over retries, `[A-Za-z0-9_-]`, no dot, because a
 * dot would let `id.timestamp.body` be cut differently (Standard Webhooks 1.0, reliability D11).
 */
export function wireId(tenant: string, event: string, destination: string): string {
  const digest = hash('sha256', `${tenant}\n${event}\n${destination}`, 'base64url');
  return `msg_${digest.slice(0, 27)}`;
}
