import type { ApiScope } from './catalog.ts';

/** Who is asking. The tenant comes from here and from nowhere else. */
export interface Caller {
  readonly tenant: string;
  readonly keyId: string;
  readonly scopes: readonly ApiScope[];
  /** Signs the cursors handed to this key; never leaves the function. */
  readonly cursorKey: string;
  /** Events a second that may be posted with this key; absent: any number. */
  readonly eventsPerSecond?: number;
  /** Urgent events a second that travel in the urgent lane; absent: the default. */
  readonly urgentPerSecond?: number;
}

/** The owner of an inbound URL, and the kind of source that posts there. */
export interface HookOwner {
  readonly tenant: string;
  readonly source: string;
}

/** What is kept of an API key, under its id. Times are epoch ms. */
export interface KeyItem {
  readonly tenant: string;
  /** SHA-256 of the secret, hex. */
  readonly hash: string;
  readonly scopes: readonly ApiScope[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revoked?: true;
  readonly eventsPerSecond?: number;
  readonly urgentPerSecond?: number;
}

/** Scopes that are part of a larger one. */
const WITHIN: Readonly<Partial<Record<ApiScope, ApiScope>>> = { read: 'manage', beat: 'send' };

/** Whether a caller may do what a scope stands for; whoever may manage may also read, whoever may send may beat. */
export function mayUse({ scopes }: Pick<Caller, 'scopes'>, scope: ApiScope): boolean {
  const larger = WITHIN[scope];
  return scopes.includes(scope) || (larger !== undefined && scopes.includes(larger));
}
