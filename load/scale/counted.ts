import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Count, perDelivery } from '../cost/count.ts';
import type { ProfileName } from '../cost/run.ts';
import type { ByPart } from '../cost/usage.ts';

/** What the last counted run says a delivery uses; a committed file, so that sizes change only when it does. */
export function countedUse(profile: ProfileName): ByPart {
  const file = join(import.meta.dirname, '../cost.json');
  const { profiles } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly profiles: Readonly<Partial<Record<ProfileName, { readonly fanfare: Count }>>>;
  };
  const counted = profiles[profile];
  if (counted === undefined)
    throw new Error(`${file} has no profile ${profile}: npm run cost -- --json load/cost.json`);
  return perDelivery(counted.fanfare);
}
