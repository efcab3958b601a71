import { parseSampling } from '../lib/core/sampling.ts';
import { readOptionalEnv } from '../lib/platform/env.ts';
import { chance } from '../lib/platform/ids.ts';
import { sampled } from '../lib/platform/sampled.ts';

/*
 * The handler of every function in a stack with the setting `sampling`: it lies beside the bundle and profiles some of
 * its runs. A stack without the setting has no such file, and no bundle knows of it.
 */
const bundle = new URL('index.mjs', import.meta.url);
const { handler: plain } = await import(bundle.href);
const sampling = parseSampling(readOptionalEnv('sampling'));

export const handler = sampling
  ? sampled(plain, {
      oneIn: sampling.oneIn,
      // What it is made of is made ready in a run that is watched, and in no other.
      watch: async (context) => (await import('./wiring/watch.ts')).watchRun(sampling, bundle)(context),
      random: chance,
    })
  : plain;
