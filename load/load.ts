import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { realClock } from './driver/clock.ts';
import { conditions } from './driver/conditions.ts';
import { judge } from './driver/criterion.ts';
import { allScenarios } from './driver/find-scenario.ts';
import { htmlReport } from './driver/html.ts';
import { startLocalTarget } from './driver/local-target.ts';
import { type Options, type Planned, USAGE, readOptions } from './driver/options.ts';
import { remoteTarget } from './driver/remote-target.ts';
import { reportLines } from './driver/report-lines.ts';
import { type Result, passed } from './driver/result.ts';
import { run } from './driver/run.ts';
import { SmokeFailed } from './driver/smoke.ts';
import { scaled, sizeOfStages } from './driver/stages.ts';
import { sizeText } from './driver/words.ts';

/** `npm run load`: see `USAGE`. */
export async function load(
  args: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args, terminal.env);
    if (options === 'help') return (terminal.say(USAGE), 0);
    if (options === 'list') return (listLines().forEach(terminal.say), 0);
  } catch (error) {
    terminal.complain(error instanceof Error ? error.message : String(error));
    return 2;
  }
  const { runs } = options;
  const missed: string[] = [];
  for (const planned of runs) {
    if (!(await runOne(planned, options, terminal, signal))) missed.push(planned.scenario.name);
    if (signal.aborted) break;
    if (runs.length > 1) terminal.say('');
  }
  if (runs.length > 1 && !signal.aborted)
    terminal.say(
      missed.length === 0
        ? `all ${runs.length} passed`
        : `not passed, of ${runs.length}: ${missed.join(', ')}`,
    );
  return missed.length === 0 ? 0 : 1;
}

/** Whether it has passed. */
async function runOne(
  planned: Planned,
  options: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { timeoutMs } = options;
    const ending =
      timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const result = await measure(planned, options, terminal, ending);
    terminal.progress('');
    for (const line of reportLines(result)) terminal.say(line);
    if (planned.json !== undefined) write(planned.json, `${JSON.stringify(result)}\n`);
    if (planned.html !== undefined) write(planned.html, htmlReport(result));
    return passed(result);
  } catch (error) {
    terminal.progress('');
    terminal.complain(error instanceof SmokeFailed ? error.message : String(error));
    return false;
  }
}

async function measure(
  { scenario, scale }: Planned,
  { seed, target: remote }: Options,
  { progress }: Terminal,
  signal: AbortSignal,
): Promise<Result> {
  const before = conditions();
  progress(remote ? 'asking the target' : 'starting the local stack');
  const target = remote
    ? remoteTarget(remote.url, remote.key, realClock.now)
    : await startLocalTarget(scenario.stack, realClock.now);
  try {
    const measured = await run(scenario, target, { scale, seed }, { clock: realClock, signal, progress });
    const { name, id, about, notes, unit, stages, criteria } = scenario;
    return {
      scenario: name,
      ...(id !== undefined && { id }),
      about,
      notes,
      conditions: { ...before, target: target.name, seed },
      unit,
      scale,
      full: sizeOfStages(stages),
      run: sizeOfStages(scaled(stages, scale)),
      verdicts: criteria.map((criterion) => judge(criterion, measured.values, scale.rate)),
      ...measured,
    };
  } finally {
    await target.stop();
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function listLines(): string[] {
  return allScenarios().flatMap(({ name, id = '', about, unit, stages }) => [
    `${id.padEnd(4)} ${name.padEnd(26)} ${about}`,
    `${' '.repeat(32)}${sizeText(sizeOfStages(stages), unit)}`,
  ]);
}

/** The first Ctrl-C ends the load and leaves a report; the second ends everything. */
function interruptible({ complain }: Terminal): AbortSignal {
  const abort = new AbortController();
  const interrupt = (): void => {
    if (abort.signal.aborted) process.exit(1);
    complain('\nending, with a report of what there is; once more to stop at once');
    abort.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt);
  return abort.signal;
}

if (import.meta.main) {
  const terminal = processTerminal();
  process.exit(await load(process.argv.slice(2), terminal, interruptible(terminal)));
}
