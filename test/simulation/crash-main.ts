import { parseArgs, styleText } from 'node:util';
import { type CrashPlan, nameOf, pairs, singles } from './crash-points.ts';
import { runPlans } from './crew.ts';
import type { Plan, Result } from './simulate.ts';
import { simulate } from './simulate.ts';

const HELP = `npm run test:crash -- [--singles] [--help]

Lets a function die before and after every call that the pipelines make: ingest, fan-out, deliver, dead letters and
timers, each call alone and each with every other. Nothing may be lost, sent twice without a cause, or be stuck.

  --singles   one crash a run, no pairs
  --help      this text`;

const { values } = parseArgs({
  options: { singles: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const MAX_SHOWN = 10;

if (values.help) console.log(HELP);
else process.exitCode = await run();

async function run(): Promise<number> {
  const startedAt = performance.now();
  const first = await runAll('one crash', await singles());
  const names = new Set(first.flatMap(({ plan }) => plan.crashPoints.map(nameOf)));
  const both = values.singles ? [] : first.flatMap(({ plan, result }) => [...pairs(plan, result, names)]);
  const second = await runAll('two crashes', both);
  const broken = [...first, ...second].filter(({ result }) => result.violations.length > 0);
  for (const { plan, result } of broken.slice(0, MAX_SHOWN)) {
    console.log(styleText('red', plan.crashPoints.map(nameOf).join(', and ')));
    for (const { kind, detail } of result.violations.slice(0, 3)) console.log(`  ${kind}: ${detail}`);
  }
  const [shown] = broken;
  if (shown) await simulate({ ...shown.plan, write: console.log });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  console.log(`${first.length + second.length} runs in ${seconds} s, ${broken.length} broke a promise`);
  return broken.length > 0 ? 1 : 0;
}

interface Ran {
  readonly plan: CrashPlan;
  readonly result: Result;
}

async function runAll(name: string, plans: readonly CrashPlan[]): Promise<Ran[]> {
  const ran: Ran[] = [];
  const byPlan = new Map(plans.map((plan) => [keyOf(plan), plan]));
  await runPlans({
    plans,
    onResult(result, plan) {
      ran.push({ result, plan: byPlan.get(keyOf(plan))! });
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${name}: ${ran.length} of ${plans.length}`);
      return 'go on';
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  console.log(
    `${name}: ${ran.length} runs, ${ran.reduce((sum, { result }) => sum + result.crashes, 0)} crashes`,
  );
  return ran;
}

/** Plans come back from a thread as copies. */
function keyOf({ scenario, crashPoints = [] }: Plan): string {
  return `${scenario?.maxReceives} ${crashPoints.map(nameOf).join()}`;
}
