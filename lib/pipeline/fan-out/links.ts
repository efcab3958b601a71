import { personOf } from '../../core/destination-id.ts';
import type { FanOut } from '../../core/fan-out.ts';
import type { MakeLink } from '../../core/links.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { forEach } from '../each.ts';
import { tellsOfEscalated } from '../escalate.ts';
import type { Routed } from './route.ts';

export interface LinkDeps {
  /** Makes the links of a tenant; absent: nobody knows where the API is. Throws when the tenant's key cannot be read. */
  readonly links?: ((tenant: string) => Promise<MakeLink>) | undefined;
  readonly telemetry: Telemetry;
}

/** Adds what makes links to packs of which a delivery has some; those whose key cannot be read come again. */
export async function addLinks(routed: readonly Routed[], deps: LinkDeps): Promise<readonly Routed[]> {
  const { links } = deps;
  if (!links) return routed;
  const add = async (one: Routed): Promise<Routed[]> =>
    mayHaveLinks(one) ? [{ ...one, makeLink: await links(one.pack.tenant) }] : [one];
  return (await forEach(routed, add, 'links cannot be made', deps)).flat();
}

/** Somebody can be told to stop, or be told that somebody takes care. */
function mayHaveLinks({ pack, matches, fanOuts, catalog }: Routed): boolean {
  return (
    pack.items.some((event) => event.escalates || tellsOfEscalated(event, catalog)) ||
    [...matches.values()].flat().some(({ escalate }) => escalate) ||
    fanOuts.some(reachesPeople)
  );
}

function reachesPeople({ destinations, held }: FanOut): boolean {
  return [...destinations.values(), ...(held?.values() ?? [])]
    .flat()
    .some((destination) => personOf(destination) !== undefined);
}
