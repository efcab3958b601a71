import { LINK_KEY_BYTES } from '../../lib/core/link.ts';
import { type MakeLink, linkMaker } from '../../lib/core/links.ts';
import { readOptionalEnv } from '../../lib/platform/env.ts';
import { newSecretBytes } from '../../lib/platform/ids.ts';
import { createLinkKeys } from '../../lib/stores/link-keys.ts';
import type { State } from './state.ts';

/** What makes a tenant's links; `undefined`: nobody has told where the API is. */
export function openLinks({ ledger, now }: State): ((tenant: string) => Promise<MakeLink>) | undefined {
  const baseUrl = readOptionalEnv('apiUrl');
  if (baseUrl === undefined) return undefined;
  const linkKeys = createLinkKeys(ledger, { now });
  return async (tenant) => {
    const key = await linkKeys.findOrMake(tenant, () => newSecretBytes(LINK_KEY_BYTES));
    return linkMaker(baseUrl, tenant, key, now());
  };
}
