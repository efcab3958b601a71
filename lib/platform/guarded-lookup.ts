import type { LookupOptions } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIPv6, type LookupFunction } from 'node:net';
import { isBlockedAddress } from '../core/address.ts';

/** Gives every address of a name; throws when there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** The name leads to an address nothing may be sent to. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
  readonly code = 'EBLOCKED';

  constructor(host: string) {
    super(`${host} leads to a blocked address`);
  }
}

export class DnsTimeoutError extends Error {
  override readonly name = 'DnsTimeoutError';
  readonly code = 'EDNSTIMEOUT';

  constructor(host: string) {
    super(`${host} was not resolved in ${DNS_LIMIT_MS} ms`);
  }
}

export const DNS_LIMIT_MS = 5_000;

/**
 * All addresses of a name, checked: one blocked address among them refuses all, because a name that points
 * both ways is an attempt. The caller connects to exactly these, so a name cannot change its mind in between.
 * @throws BlockedAddressError, DnsTimeoutError, or what the resolver throws.
 */
export async function resolveChecked(
  host: string,
  resolve: Resolve,
  limitMs: number = DNS_LIMIT_MS,
): Promise<readonly string[]> {
  const addresses = await withLimit(resolve(host), limitMs, () => new DnsTimeoutError(host));
  if (addresses.length === 0 || addresses.some(isBlockedAddress)) throw new BlockedAddressError(host);
  return addresses;
}

/** The `lookup` of a socket that connects to checked addresses only. Node never asks it for literal addresses. */
export function createGuardedLookup(resolve: Resolve = resolveBySystem, limitMs?: number): LookupFunction {
  return (host, options, callback) => void answer(host, options, callback, { resolve, limitMs });
}

async function answer(
  host: string,
  { all, family }: LookupOptions,
  callback: Parameters<LookupFunction>[2],
  { resolve, limitMs }: { readonly resolve: Resolve; readonly limitMs: number | undefined },
): Promise<void> {
  const checked = await resolveChecked(host, resolve, limitMs).catch((error: NodeJS.ErrnoException) => error);
  if (checked instanceof Error) return callback(checked, '');
  const wanted = family === undefined || family === 0 ? undefined : Number(String(family).replace('IPv', ''));
  const addresses = checked
    .map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
    .filter((entry) => wanted === undefined || entry.family === wanted);
  const [first] = addresses;
  if (first === undefined) return callback(new BlockedAddressError(host), '');
  return all ? callback(null, addresses) : callback(null, first.address, first.family);
}

export const resolveBySystem: Resolve = async (host) =>
  (await systemLookup(host, { all: true })).map(({ address }) => address);

/** A promise with a limit. The timer counts as work: without it Lambda would see an idle process and stop. */
async function withLimit<T>(work: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
