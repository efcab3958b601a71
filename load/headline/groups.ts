import { bundles } from './bundles.ts';
import { cold } from './cold.ts';
import { coreFanOut } from './core.ts';
import { deliverCpu, deliverWithPost, naiveAlone } from './deliver.ts';
import { emf } from './emf.ts';
import { ingest } from './ingest.ts';
import { limiter } from './limiter.ts';
import { routerCpu } from './router.ts';
import { routes } from './routes.ts';
import type { Measured, Options } from './rows.ts';
import { signing } from './sign.ts';
import { stack } from './stack.ts';

/** What is measured together, each group in a process of its own. Without the first one nobody compares with the naive stack. */
export const GROUPS: Readonly<Record<string, (options: Options) => Promise<Measured>>> = {
  naive: naiveAlone,
  deliver: deliverCpu,
  'deliver.withPost': deliverWithPost,
  router: routerCpu,
  routes,
  ingest,
  emf,
  sign: signing,
  core: coreFanOut,
  bundle: bundles,
  cold,
  limiter,
  stack,
};
