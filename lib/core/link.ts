import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link in a message is for. Following it shows a page; only what that page posts has an effect. */
export const LINK_PURPOSES = ['acknowledge', 'unsubscribe'] as const;
export type LinkPurpose = (typeof LINK_PURPOSES)[number];

/** What a link is bound to: one delivery, and by its destination whoever it went to. */
export interface Link {
  readonly purpose: LinkPurpose;
  readonly tenant: string;
  readonly event: string;
  /** Of a person, `<person>.<through>`: it says whose the link is. */
  readonly destination: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** Topic patterns of which whoever unsubscribes hears no more. */
  readonly topics: readonly string[];
}

/** `expired`: it was ours. */
export type OpenedLink = { readonly kind: 'open'; readonly link: Link } | { readonly kind: 'expired' };

/** Random bytes of a tenant's key. */
export const LINK_KEY_BYTES = 32;
/** 128 bits: a guess has to come by the API, one at a time. */
const TAG_BYTES = 16;
/** No name, topic or id holds this. */
const BETWEEN = '~';
const TOKEN = /^[A-Za-z0-9_-]{1,1500}\.[A-Za-z0-9_-]{22}$/;

/** The token of a link: what it is bound to, readable by anybody, and a tag that only the tenant's key can make. */
export function linkToken(link: Link, key: string): string {
  const { purpose, tenant, event, destination, expiresAt, topics } = link;
  const members = [purpose.charAt(0), tenant, event, destination, expiresAt.toString(36), ...topics];
  const body = Buffer.from(members.join(BETWEEN)).toString('base64url');
  return `${body}.${tagOf(body, key)}`;
}

/** The tenant that a token claims to be of: whose key has to prove it. */
export function tenantOfLink(token: string): string | undefined {
  return membersOf(token)?.[1];
}

/** What a token says, once its key has proved that it is ours; `undefined`: it is not. */
export function openLink(token: string, key: string, nowMs: number): OpenedLink | undefined {
  const members = membersOf(token);
  if (!members) return undefined;
  const [body = '', tag = ''] = token.split('.');
  // As texts, which have the same length: several of them decode to the same bytes.
  if (!timingSafeEqual(Buffer.from(tag), Buffer.from(tagOf(body, key)))) return undefined;
  const [first, tenant, event, destination, expires, ...topics] = members;
  const purpose = LINK_PURPOSES.find((one) => one.charAt(0) === first);
  if (!purpose || !tenant || !event || !destination || !expires) return undefined;
  const expiresAt = Number.parseInt(expires, 36);
  if (!(expiresAt * 1_000 > nowMs)) return { kind: 'expired' };
  return { kind: 'open', link: { purpose, tenant, event, destination, expiresAt, topics } };
}

function membersOf(token: string): string[] | undefined {
  if (!TOKEN.test(token)) return undefined;
  const [body = ''] = token.split('.');
  return Buffer.from(body, 'base64url').toString().split(BETWEEN);
}

function tagOf(body: string, key: string): string {
  const mac = createHmac('sha256', Buffer.from(key, 'base64url')).update(`link\n${body}`).digest();
  return mac.subarray(0, TAG_BYTES).toString('base64url');
}
