import { type Terminal, processTerminal } from '../../cdk/cli/terminal.ts';
import { KILL_USAGE, parseKillOptions } from './options.ts';
import { type KillReport, runKills } from './run.ts';

/** What the run says at its end, a line each. */
export function reportLines(report: KillReport): readonly string[] {
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(0)} s`;
  const rows: readonly (readonly [string, string])[] = [
    ['events', `${report.events}, posted again ${report.postedAgain} times`],
    ['kills', `${report.kills} functions, ${report.stackKills} stacks; ${report.cutShort} runs cut short`],
    ['time', `${seconds(report.postingMs)} posting, ${seconds(report.settlingMs)} settling`],
    ['deliveries', `${report.arrived} of ${report.wanted} arrived`],
    ['lost', named(report.lost)],
    ['poisoned', `${report.replayed}, replayed; still dead: ${named(report.poisoned)}`],
    ['duplicates', `${report.duplicates}`],
    ['unattributed', named(report.unattributed)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)}${value}`);
}

export function isSound({ lost, poisoned, unattributed }: KillReport): boolean {
  return lost.length + poisoned.length + unattributed.length === 0;
}

function named(deliveries: readonly string[]): string {
  const shown = deliveries.slice(0, 10).join(', ');
  return deliveries.length === 0 ? '0' : `${deliveries.length}: ${shown}`;
}

/** Lines that nobody sees rewritten come this often. */
const LINE_EVERY_MS = 15_000;

async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => abort.abort());
  let saidAt = 0;
  try {
    const options = parseKillOptions(args);
    if (!options) return (terminal.say(KILL_USAGE), 0);
    terminal.say(`seed ${options.seed}`);
    const report = await runKills(options, {
      signal: abort.signal,
      progress(line) {
        terminal.progress(line);
        if (process.stderr.isTTY || Date.now() - saidAt < LINE_EVERY_MS) return;
        saidAt = Date.now();
        terminal.say(line);
      },
    });
    terminal.progress('');
    for (const line of reportLines(report)) terminal.say(line);
    return isSound(report) ? 0 : 1;
  } catch (error) {
    if (abort.signal.aborted) return (terminal.complain('interrupted'), 130);
    terminal.complain(error instanceof Error ? error.message : String(error));
    return error instanceof RangeError || error instanceof TypeError ? 2 : 1;
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2), processTerminal()));
