import type { DeliveryMode } from './mode.ts';
import { PRICES } from './prices.ts';

/** What AWS counts, and asks money for. */
export interface Usage {
  readonly httpRequests: number;
  readonly invocations: number;
  readonly queueRequests: number;
  readonly writeUnits: number;
  readonly egressBytes: number;
}

/** Of a usage, what is not zero, and its price. */
export interface Cost extends Partial<Usage> {
  readonly dollars: number;
}

const UNIT_BYTES = 1_024;
const REQUEST_BYTES = 65_536;
/** A record of an event: its ids and times beside its body. */
const RECORD_BYTES = 300;

/**
 * What an event costs that comes alone, until it is routed, in warm functions. Reads and computing are left out: the
 * ones are a few hundredths of the sum, the others depend on how busy the functions are. Packs make all of it cheaper.
 */
export function usageOfEvent(bytes: number): Usage {
  const messages = Math.ceil(bytes / REQUEST_BYTES);
  return {
    httpRequests: 1,
    invocations: 2,
    // Sent, received and deleted.
    queueRequests: 2 * messages + 1,
    // Its record, and who hears of it; a post with an `Idempotency-Key` writes one more.
    writeUnits: Math.ceil((bytes + RECORD_BYTES) / UNIT_BYTES) + 1,
    egressBytes: 0,
  };
}

export interface LoneDelivery {
  readonly mode: DeliveryMode;
  /** How many of its scopes have a rate, and are booked. */
  readonly rates: number;
  /** It takes its turn among what tells of its incident. */
  readonly takesTurn: boolean;
  /** Of the request. */
  readonly bytes: number;
}

/** Writes of a claim and of what came of it. */
const WRITES: Readonly<Record<DeliveryMode, number>> = {
  atMostOnce: 2,
  atLeastOnce: 2,
  exactlyOnceRecorded: 2,
  claimsOff: 0,
};

/** What bringing it to one destination adds, where the first attempt succeeds and nothing else goes there. */
export function usageOfDelivery({ mode, rates, takesTurn, bytes }: LoneDelivery): Usage {
  return {
    httpRequests: 0,
    invocations: 1,
    queueRequests: 3,
    writeUnits: WRITES[mode] + rates + (takesTurn ? 2 : 0),
    egressBytes: bytes,
  };
}

export function costOf(usage: Usage): Cost {
  const { httpRequests, invocations, queueRequests, writeUnits, egressBytes } = usage;
  const dollars =
    httpRequests * PRICES.httpRequest +
    invocations * PRICES.invocation +
    queueRequests * PRICES.sqsRequest +
    writeUnits * PRICES.writeUnit +
    egressBytes * PRICES.egressByte;
  const counted = Object.fromEntries(Object.entries(usage).filter(([, count]) => count > 0));
  // A billionth is less than anything that is paid for.
  return { ...counted, dollars: Number(dollars.toFixed(9)) };
}
