import type { Sampling } from '../../lib/core/sampling.ts';
import { createAws } from '../../lib/platform/aws.ts';
import { now } from '../../lib/platform/clock.ts';
import { startCpuProfile } from '../../lib/platform/cpu-profile.ts';
import { fileId } from '../../lib/platform/file-id.ts';
import { createTrustedHttp } from '../../lib/platform/http.ts';
import { putObject } from '../../lib/platform/put-object.ts';
import type { WatchRun } from '../../lib/platform/sampled.ts';
import { createTelemetry } from '../../lib/platform/telemetry.ts';
import { createWatch } from '../../lib/platform/watch-run.ts';

const aws = createAws({ send: createTrustedHttp().send });
const { log } = createTelemetry();

/** Watches runs of the code in this file. */
export function watchRun(sampling: Sampling, code: URL): WatchRun {
  return createWatch({
    sampling,
    start: startCpuProfile,
    codeId: () => fileId(code),
    put: (object, timeoutMs) => putObject(aws, object, timeoutMs),
    log,
    now,
  });
}
