import { BlockedAddressError, type Resolve, resolveBySystem, resolveChecked } from './guarded-lookup.ts';

/** A person waits for the answer, and the connector checks again at every send. */
const LIMIT_MS = 2_000;

/** Whether a name resolves to an address nothing may be sent to. One that does not resolve in time does not. */
export async function isPrivateHost(host: string, resolve: Resolve = resolveBySystem): Promise<boolean> {
  try {
    await resolveChecked(host, resolve, LIMIT_MS);
    return false;
  } catch (error) {
    return error instanceof BlockedAddressError;
  }
}
