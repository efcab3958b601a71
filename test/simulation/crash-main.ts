import { parseArgs, styleText } from 'node:util';
import { DAYS } from './crash-days.ts';
import { type CrashPlan, crashPlan, pairs, singles } from './crash-points.ts';
import { runPlans } from './crew.ts';
import { type CrashPoint, nameOfPoint, parsePoint } from './process.ts';
import { type Result, simulate } from './simulate.ts';

const HELP = `npm run test:crash -- [--singles] [--day NAME] [--die POINT]... [--help]

Lets a function die before and after every call that the pipelines make: ingest, fan-out, deliver, dead letters and
timers, each call alone, and each with a second death wherever the first one led. Nothing may be lost, sent twice
without a cause, out of order, or stuck.

  --singles   one crash a run, no pairs
  --day NAME  only the day of this name: ${DAYS.map(({ name }) => name).join(', ')}
  --die POINT runs that day once, with a death at each POINT, and tells its story
  --help      this text

Ctrl-C ends it, and says what was found so far. Exit code 1 when a promise is broken, or not all was run.`;

const { values } = parseArgs({
  options: {
    singles: { type: 'boolean', default: false },
    day: { type: 'string' },
    die: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});
const days = DAYS.filter(({ name }) => values.day === undefined || name === values.day);
const interrupted = new AbortController();
// npm passes on what the terminal has sent already.
process.on('SIGINT', () => interrupted.abort());

if (values.help) console.log(HELP);
else if (days.length === 0) refuse(`no day is called ${values.day}`);
else if (values.die.length > 0) process.exitCode = await retell(values.die.map(pointOf));
else process.exitCode = await runAll();

async function retell(points: readonly CrashPoint[]): Promise<number> {
  const { violations } = await simulate({ ...crashPlan(days[0]!, points), write: console.log });
  for (const { kind, detail } of violations) console.log(`${styleText('red', kind)}: ${detail}`);
  return violations.length > 0 ? 1 : 0;
}

async function runAll(): Promise<number> {
  const startedAt = performance.now();
  const next: CrashPlan[] = [];
  const first = await run('one crash', await singles(days), (plan, result) => {
    if (!values.singles) next.push(...pairs(plan, result));
  });
  const second = next.length > 0 ? await run('two crashes', next) : { runs: 0, broken: 0 };
  const runs = first.runs + second.runs;
  const broken = first.broken + second.broken;
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  const ended = interrupted.signal.aborted ? ', interrupted' : '';
  console.log(`${runs} runs in ${seconds} s, ${broken} broke a promise${ended}`);
  return broken > 0 || interrupted.signal.aborted ? 1 : 0;
}

interface Tally {
  readonly runs: number;
  readonly broken: number;
}

async function run(
  name: string,
  plans: readonly CrashPlan[],
  onRan: (plan: CrashPlan, result: Result) => void = () => {},
): Promise<Tally> {
  let [runs, broken, crashes] = [0, 0, 0];
  await runPlans(
    {
      plans,
      onResult(result, plan) {
        runs++;
        crashes += result.crashes;
        onRan(plan, result);
        if (result.violations.length > 0) {
          broken++;
          complain(plan, result);
        }
        progress(`${name}: ${runs} of ${plans.length}, ${broken} broken`, runs);
        return 'go on';
      },
    },
    interrupted.signal,
  );
  progress('');
  console.log(`${name}: ${runs} runs of ${plans.length}, ${crashes} crashes`);
  return { runs, broken };
}

/** Says what was broken, and how to see it happen. */
function complain({ day, crashPoints }: CrashPlan, { violations }: Result): void {
  progress('');
  const names = crashPoints.map(nameOfPoint);
  console.log(styleText('red', `${day}: ${names.join(', and ')}`));
  for (const { kind, detail } of violations.slice(0, 3)) console.log(`  ${kind}: ${detail}`);
  console.log(
    `  replay: npm run test:crash -- --day '${day}' ${names.map((one) => `--die '${one}'`).join(' ')}`,
  );
}

/** One line that is written over where there is a terminal; else a line now and then. */
function progress(text: string, done = 0): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else if (done > 0 && done % 1_000 === 0) console.error(text);
}

function pointOf(name: string): CrashPoint {
  return parsePoint(name) ?? refuse(`write a point as "before deliver(chat) post, call 1", not ${name}`);
}

function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}
