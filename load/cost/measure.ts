import { synthesise } from '../../test/cdk/synthesise.ts';
import { runChannels } from './channels.ts';
import { fixedOf } from './month.ts';
import type { Counted } from './report.ts';
import { PROFILES, type ProfileName, runFanfare, runNaive } from './run.ts';
import { DEDICATED, openWorld } from './world.ts';

/** Counts both stacks in turn, profile by profile, then the channels. */
export async function countAll(
  names: readonly ProfileName[],
  progress: (text: string) => void,
): Promise<Counted> {
  progress('starting both stacks');
  const world = await openWorld(DEDICATED);
  try {
    const profiles: { [name in ProfileName]?: NonNullable<Counted['profiles'][name]> } = {};
    for (const name of names) {
      progress(`${name}: Fanfare`);
      const fanfare = await runFanfare(PROFILES[name], world);
      progress(`${name}: the naive stack`);
      profiles[name] = { fanfare, naive: await runNaive(PROFILES[name], world) };
    }
    return { profiles, channels: await runChannels(world, progress), fixed: fixedOf(synthesise()) };
  } finally {
    await world.close();
  }
}
