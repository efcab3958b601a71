import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBlockedAddress, isLoopback, parseAddress } from '../../lib/core/address.ts';

/** First and last address of every blocked range, with their neighbours outside. */
const EDGES: readonly (readonly [first: string, last: string, before?: string, after?: string])[] = [
  ['0.0.0.0', '0.255.255.255', undefined, '1.0.0.0'],
  ['10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ['169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
  ['192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['224.0.0.0', '255.255.255.255', '223.255.255.255'],
  ['::', '::ffff:ffff', undefined, '::1:0:0'],
  ['64:ff9b::', '64:ff9b::ffff:ffff', '64:ff9a:ffff::', '64:ff9b::1:0:0'],
  ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', '64:ff9b:0:1::', '64:ff9b:2::'],
  ['100::', '100::ffff:ffff:ffff:ffff', 'ff:ffff::', '100:0:0:1::'],
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', '2000:ffff::', '2001:200::'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db7:ffff::', '2001:db9::'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, '2003::'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '3ffe:ffff::', '3fff:1000::'],
  ['5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '5eff:ffff::', '5f01::'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fbff:ffff::', 'fe00::'],
  ['fe80::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe7f:ffff::'],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

const octet = fc.nat(255);
const ipv4 = fc.tuple(octet, octet, octet, octet).map((bytes) => bytes.join('.'));
const someText = fc.string({
  unit: fc.constantFrom(...Array.from('0123456789abcdefx.:%[] ')),
  maxLength: 40,
});

describe('blocked addresses', () => {
  test.each(EDGES)('%s to %s are blocked, their neighbours are not', (first, last, before, after) => {
    expect([first, last].map(String).every(isBlockedAddress)).toBe(true);
    expect([before, after].some((text) => text !== undefined && isBlockedAddress(text))).toBe(false);
  });

  test('an IPv4-mapped address is judged like the IPv4 address in it', () => {
    fc.assert(fc.property(ipv4, (ip) => isBlockedAddress(`::ffff:${ip}`) === isBlockedAddress(ip)));
    expect(isBlockedAddress('::ffff:8.8.8.8')).toBe(false);
  });

  test.each(['8.8.8.8', '1.1.1.1', '52.94.236.248', '2606:4700::1111', '2a00:1450:4001::200e'])(
    '%s is public',
    (ip) => {
      expect(isBlockedAddress(ip)).toBe(false);
    },
  );

  test.each([
    '',
    'example.com',
    '127.1',
    '0177.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    'fe80::1%eth0',
    '[::1]',
  ])('what is no address is blocked: %j', (text) => {
    expect(isBlockedAddress(text)).toBe(true);
  });
});

describe('reading addresses', () => {
  test('accepts exactly what Node accepts, zones left out', () => {
    const text = fc.oneof(someText, ipv4, fc.ipV6());
    fc.assert(
      fc.property(
        text,
        (value) => (parseAddress(value) !== undefined) === (isIP(value) !== 0 && !value.includes('%')),
      ),
      { numRuns: 5_000 },
    );
  });

  test('agrees with the address lists of Node on every range', () => {
    const list = new BlockList();
    list.addSubnet('172.16.0.0', 12, 'ipv4');
    list.addSubnet('fc00::', 7, 'ipv6');
    const near = fc.oneof(
      fc.tuple(fc.constantFrom(15, 16, 24, 31, 32), octet).map(([a, b]) => `172.${a}.${b}.1`),
      fc
        .tuple(fc.integer({ min: 0xfb00, max: 0xfeff }), fc.nat(0xffff))
        .map(([a, b]) => `${a.toString(16)}:${b.toString(16)}::1`),
    );
    fc.assert(
      fc.property(near, (ip) => {
        const listed = (isIPv4(ip) && list.check(ip, 'ipv4')) || (isIPv6(ip) && list.check(ip, 'ipv6'));
        return !listed || isBlockedAddress(ip);
      }),
    );
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['128.0.0.1', false],
  ['::2', false],
  ['localhost', false],
])('%s is loopback: %s', (ip, expected) => {
  expect(isLoopback(ip)).toBe(expected);
});
