import { type Rate, UNLIMITED } from './catalog.ts';
import type { Permission } from './consent.ts';
import { statedRate } from './rate-headers.ts';

/**
 * Abuse protection of CloudEvents "HTTP 1.1 Web Hooks for Event Delivery", section 4
 * (github.com/cloudevents/spec, cloudevents/http-webhook.md): the receiver is asked by OPTIONS before it gets anything.
 */

type Headers = Readonly<Record<string, string>>;

const MINUTE_MS = 60_000;

/** 4.1.2: a delivery carries it, too. */
export function originHeader(origin: string): Headers {
  return { 'webhook-request-origin': origin };
}

/** 4.1.4: the rate asked for, in requests a minute; none where none is set. */
export function rateHeader({ limit, perMs }: Rate): Headers {
  const perMinute = limit > 0 ? Math.floor((limit * MINUTE_MS) / perMs) : 0;
  return perMinute >= 1 ? { 'webhook-request-rate': String(perMinute) } : {};
}

/** 4.2: consent stands in the headers, never in the status. A rate may be missing, but not be nonsense. */
export function readPermission(headers: Headers, origin: string): Permission {
  const allowed = headers['webhook-allowed-origin']?.trim();
  if (allowed === undefined) return refused('it sent no WebHook-Allowed-Origin');
  if (allowed !== '*' && allowed.toLowerCase() !== origin.toLowerCase())
    return refused(`its WebHook-Allowed-Origin is not ${origin}`);
  const stated = headers['webhook-allowed-rate']?.trim();
  if (stated === undefined) return { granted: true };
  if (stated === '*') return { granted: true, rate: UNLIMITED };
  const rate = statedRate(Number(stated), MINUTE_MS);
  return rate ? { granted: true, rate } : refused('its WebHook-Allowed-Rate is neither a whole number nor *');
}

function refused(detail: string): Permission {
  return { granted: false, detail };
}
