import { parseArgs, styleText } from 'node:util';
import { runPlans, seedsFrom } from './crew.ts';
import { MUTANTS, misfits } from './mutants.ts';
import { VIOLATIONS, type ViolationKind } from './violation.ts';
import { type Result, simulate } from './simulate.ts';

const HELP = `npm run simulate -- [OPTIONS]

Runs Fanfare's own pipelines and stores in a world where everything goes wrong that can: AWS calls fail, replies are
lost, functions die at any of them, messages come twice and in any order, providers lie. Every seed is another world,
and always the same one. What the receivers saw is then held against what the producers were promised.

  --seeds N     how many seeds (3000)
  --from N      the first one (1)
  --seed N      one seed; the same each time
  --trace       with --seed: tells its story
  --mutants [NAME]
                plants known bugs, one at a time, and sees to it that each is found
  --json        the sums as JSON
  --help        this text

Exit code 1 when a promise is broken, or a planted bug is not found.`;

type Sums = Record<
  | 'seeds'
  | 'accepted'
  | 'arrivals'
  | 'duplicates'
  | 'dead'
  | 'parked'
  | 'scheduled'
  | 'counted'
  | 'ordered'
  | 'replayed'
  | 'edits'
  | 'together'
  | 'merged'
  | 'steps'
  | 'failovers'
  | 'stops'
  | 'superseded'
  | 'crashes'
  | 'calls'
  | 'virtualMs',
  number
>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '3000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

if (values.help) console.log(HELP);
else if (values.mutants) process.exitCode = await hunt(positionals[0]);
else if (values.seed !== undefined) process.exitCode = await replay(count(values.seed, '--seed'));
else process.exitCode = await runAll(count(values.from, '--from'), count(values.seeds, '--seeds'));

function count(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    console.error(`${name} is a whole number of at least 1, not ${text}`);
    process.exit(2);
  }
  return value;
}

async function replay(seed: number): Promise<number> {
  const result = await simulate({ seed, ...(values.trace && { write: console.log }) });
  if (values.json) console.log(JSON.stringify(result));
  else print({ ...addUp([result]) }, violationsOf([result]));
  return complain(result) ? 1 : 0;
}

async function runAll(from: number, seeds: number): Promise<number> {
  const startedAt = performance.now();
  const results: Result[] = [];
  const broken: Result[] = [];
  await runPlans(
    {
      plans: seedsFrom(from, seeds),
      onResult(result) {
        results.push(result);
        if (result.violations.length > 0) broken.push(result);
        progress(`${results.length} of ${seeds} seeds, ${broken.length} broken`);
        return 'go on';
      },
    },
    interrupted.signal,
  );
  progress('');
  for (const result of broken.toSorted((a, b) => a.seed - b.seed).slice(0, 10)) complain(result);
  const sums = addUp(results);
  if (values.json) console.log(JSON.stringify({ ...sums, violations: violationsOf(results) }));
  else print(sums, violationsOf(results), (performance.now() - startedAt) / 1_000);
  return broken.length > 0 || results.length < seeds ? 1 : 0;
}

async function hunt(name = ''): Promise<number> {
  const startedAt = performance.now();
  const wanted = MUTANTS.filter((mutant) => mutant.name.includes(name));
  for (const misfit of misfits()) console.error(`cannot be planted any more: ${misfit}`);
  if (misfits().length > 0 || wanted.length === 0) return 2;
  let survivors = 0;
  for (const mutant of wanted) {
    let killer: Result | undefined;
    let done = 0;
    const { file, from: original, to } = mutant;
    await runPlans(
      {
        plans: seedsFrom(count(values.from, '--from'), count(values.seeds, '--seeds')),
        patch: { file, from: original, to },
        onResult(result) {
          progress(`${mutant.name}: ${++done} seeds`);
          if (result.violations.length > 0) killer = result;
          return killer ? 'stop' : 'go on';
        },
      },
      interrupted.signal,
    );
    progress('');
    if (!killer) survivors++;
    console.log(
      killer
        ? `${styleText('green', 'found')}     ${mutant.name}: seed ${killer.seed}, ${killer.violations[0]!.kind}`
        : `${styleText('red', 'NOT FOUND')} ${mutant.name}`,
    );
    if (interrupted.signal.aborted) break;
  }
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(`${wanted.length - survivors} of ${wanted.length} planted bugs found in ${seconds} s`);
  return survivors > 0 ? 1 : 0;
}

/** Says what is wrong with a seed, and how to look at it; whether anything is. */
function complain({ seed, violations }: Result): boolean {
  if (violations.length === 0) return false;
  console.log(styleText('red', `seed ${seed}:`));
  for (const { kind, detail } of violations.slice(0, 3)) console.log(`  ${kind}: ${detail}`);
  if (violations.length > 3) console.log(`  and ${violations.length - 3} more`);
  console.log(`  replay: npm run simulate -- --seed ${seed} --trace`);
  return true;
}

function addUp(results: readonly Result[]): Sums {
  const sum = (of: (result: Result) => number): number => results.reduce((total, one) => total + of(one), 0);
  return {
    seeds: results.length,
    accepted: sum(({ accepted }) => accepted),
    arrivals: sum(({ arrivals }) => arrivals),
    duplicates: sum(({ duplicates }) => duplicates),
    dead: sum(({ dead }) => dead),
    parked: sum(({ parked }) => parked),
    scheduled: sum(({ scheduled }) => scheduled),
    counted: sum(({ counted }) => counted),
    ordered: sum(({ ordered }) => ordered),
    replayed: sum(({ replayed }) => replayed),
    edits: sum((result) => result.edits),
    together: sum((result) => result.together),
    merged: sum(({ merged }) => merged),
    steps: sum((result) => result.steps),
    failovers: sum((result) => result.failovers),
    stops: sum((result) => result.stops),
    superseded: sum(({ superseded }) => superseded),
    crashes: sum(({ crashes }) => crashes),
    calls: sum(({ calls }) => calls),
    virtualMs: sum(({ virtualMs }) => virtualMs),
  };
}

function violationsOf(results: readonly Result[]): Record<ViolationKind, number> {
  const counts = VIOLATIONS.map((kind) => {
    const number = results.reduce(
      (sum, { violations }) => sum + violations.filter((v) => v.kind === kind).length,
      0,
    );
    return [kind, number] as const;
  });
  return Object.fromEntries(counts) as Record<ViolationKind, number>;
}

function print(sums: Sums, violations: Record<ViolationKind, number>, seconds?: number): void {
  const { lost, duplicate, overLimit, stuck, changed, crossTenant, unlisted, takenAlive, sentWhilePaused } =
    violations;
  const { overtaken, early, stale, unheeded, falseAlarm } = violations;
  const rows = [
    ['seeds', sums.seeds],
    ['virtual hours', Math.round(sums.virtualMs / 3_600_000)],
    ['calls', sums.calls],
    ['crashes', sums.crashes],
    ['events answered 202', sums.accepted],
    ['messages accepted', sums.arrivals],
    ['duplicates, each with its cause on record', sums.duplicates],
    ['given up, on record', sums.dead],
    ['times a pause held one back', sums.parked],
    ['events held until a time', sums.scheduled],
    ['kept back as duplicates or by caps', sums.counted],
    ['sends that had to keep their order', sums.ordered],
    ['dead ones that were replayed', sums.replayed],
    ['messages changed in place', sums.edits],
    ['deliveries that waited for a window', sums.together],
    ['told in a message with others', sums.merged],
    ['steps of escalations that were taken', sums.steps],
    ['alerts that another destination heard of', sums.failovers],
    ['times that a heartbeat stopped', sums.stops],
    ['superseded by something newer', sums.superseded],
    ['lost', lost],
    ['unexplained duplicates', duplicate],
    ['limits exceeded', overLimit],
    ['stuck', stuck],
    ['terminal states changed', changed],
    ['cross-tenant effects', crossTenant],
    ['sent where no record says', unlisted],
    ['taken from a worker that lives', takenAlive],
    ['sent to what is paused', sentWhilePaused],
    ['sent out of their order', overtaken],
    ['sent before their time', early],
    ['shown after something newer', stale],
    ['told of what somebody took care of', unheeded],
    ['told to have stopped, though it beat', falseAlarm],
  ] as const;
  for (const [name, value] of rows)
    console.log(`${name.padEnd(42)} ${value.toLocaleString('en').padStart(12)}`);
  if (seconds !== undefined) console.log(`${'seconds'.padEnd(42)} ${seconds.toFixed(1).padStart(12)}`);
}

/** One line that is written over, where there is a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
