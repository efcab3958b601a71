/**
 * IP addresses as bytes: 4 for IPv4, 16 for IPv6. The reader is exact where other readers are generous:
 * octal, hexadecimal, short and zone forms are not addresses here, and what is not an address is refused.
 */
export type Address = readonly number[];

/**
 * Ranges no notification may go to (security P0 2): ourselves, private networks, cloud metadata, and every
 * range that leads to one of them by translation. `::ffff:0:0/96` is not listed: it is judged as IPv4.
 */
const BLOCKED = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, instance metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relay
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
  '::/96', // unspecified, loopback, IPv4-compatible
  '64:ff9b::/96', // NAT64
  '64:ff9b:1::/48', // NAT64, local use
  '100::/64', // discard
  '2001::/23', // IETF assignments, Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
  '5f00::/16', // segment routing
  'fc00::/7', // unique local, metadata fd00:ec2::254
  'fe80::/10', // link-local
  'fec0::/10', // site-local
  'ff00::/8', // multicast
].map(known);

const MAPPED = known('::ffff:0:0/96');

/** Whether nothing may be sent there. Text that is no IP address counts as blocked. */
export function isBlockedAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return true;
  const judged = inRange(MAPPED, address) ? address.slice(12) : address;
  return BLOCKED.some((blocked) => inRange(blocked, judged));
}

/** Whether an address is this machine itself: `127.0.0.0/8` or `::1`. */
export function isLoopback(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return address.length === 4
    ? address[0] === 127
    : address.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

/** Reads a dotted quad or an IPv6 address without brackets and zone; anything else gives `undefined`. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseV6(text: string): Address | undefined {
  const [head, tail, more] = text.split('::');
  if (head === undefined || more !== undefined) return undefined;
  // Only the last group of the whole address may be a dotted quad.
  const left = groups(head, tail === undefined);
  const right = tail === undefined ? [] : groups(tail, true);
  if (left === undefined || right === undefined) return undefined;
  const missing = 16 - left.length - right.length;
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...left, ...Array<number>(missing).fill(0), ...right];
}

function groups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/i.test(part)) {
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 255);
      continue;
    }
    const quad = mayEndInV4 && at === parts.length - 1 ? parseV4(part) : undefined;
    if (quad === undefined) return undefined;
    bytes.push(...quad);
  }
  return bytes;
}

/** Addresses that share their first bits with `base`. */
export interface AddressRange {
  readonly base: Address;
  readonly bits: number;
}

/** Reads an address and a mask, `10.0.0.0/8`; bits behind the mask are allowed and do not count. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', mask = '', more] = text.split('/');
  const base = parseAddress(address);
  if (base === undefined || more !== undefined || !/^\d{1,3}$/.test(mask)) return undefined;
  return Number(mask) <= base.length * 8 ? { base, bits: Number(mask) } : undefined;
}

function known(text: string): AddressRange {
  const range = parseRange(text);
  if (range === undefined) throw new Error(`not an address range: ${text}`);
  return range;
}

/** Never across families: an IPv4 address is in no range of IPv6. */
export function inRange({ base, bits }: AddressRange, address: Address): boolean {
  if (base.length !== address.length) return false;
  return base.every((byte, at) => (byte & maskOf(bits, at)) === ((address[at] ?? 0) & maskOf(bits, at)));
}

/** One text for all addresses that share their first bits, and no others. */
export function networkOf({ base, bits }: AddressRange): string {
  return `${base.map((byte, at) => byte & maskOf(bits, at)).join('.')}/${bits}`;
}

/** The bits of a byte that lie before the mask. */
function maskOf(bits: number, at: number): number {
  return (0xff00 >> Math.min(Math.max(bits - at * 8, 0), 8)) & 0xff;
}
