import { parseArgs } from 'node:util';
import { processTerminal } from '../cdk/cli/terminal.ts';
import type { Change } from './soak/memory.ts';
import { type SoakReport, soak } from './soak/run.ts';

const USAGE = `npm run soak -- [--minutes N] [--rate N]

Posts a steady stream of events to the local stack, its functions in processes of their own, and watches their memory.
  --minutes N  how long (30)
  --rate N     events a second, each to three destinations (112, which is 200,000 in half an hour)

Exit code 0: all arrived, once each, no run was cut short and no memory grew by a tenth. 1: not so. 2: wrong options.`;

const MAX_GROWTH = 0.1;

/** What is not as it has to be, a line each. */
export function faultsOf(report: SoakReport): readonly string[] {
  const { wanted, arrived, undelivered, cutShort, refused, memory } = report;
  return [
    ...(arrived < wanted ? [`${wanted - arrived} deliveries are lost or late`] : []),
    ...(arrived > wanted ? [`${arrived - wanted} deliveries arrived twice, and nothing went wrong`] : []),
    ...(undelivered > 0 ? [`${undelivered} deliveries are not delivered, by the ledger`] : []),
    ...(cutShort > 0 ? [`${cutShort} runs of functions were cut short`] : []),
    ...(refused > 0 ? [`${refused} posts were refused`] : []),
    ...(memory.share >= MAX_GROWTH ? [`memory grew by ${(memory.share * 100).toFixed(1)} %`] : []),
  ];
}

async function main(args: readonly string[]): Promise<number> {
  const terminal = processTerminal();
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => abort.abort());
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '30' },
        rate: { type: 'string', default: '112' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return (terminal.say(USAGE), 0);
    const options = {
      seconds: positive(values.minutes, '--minutes') * 60,
      rate: positive(values.rate, '--rate'),
    };
    const report = await soak(options, { signal: abort.signal, progress: terminal.progress });
    terminal.progress('');
    for (const line of linesOf(report)) terminal.say(line);
    const faults = faultsOf(report);
    for (const fault of faults) terminal.complain(fault);
    return faults.length > 0 ? 1 : 0;
  } catch (error) {
    if (abort.signal.aborted) return (terminal.complain('interrupted'), 130);
    terminal.complain(error instanceof Error ? error.message : String(error));
    return error instanceof RangeError || error instanceof TypeError ? 2 : 1;
  }
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${flag} takes a number above 0, not ${text}`);
}

function linesOf({
  events,
  wanted,
  arrived,
  postingMs,
  settlingMs,
  memory,
  ...counts
}: SoakReport): string[] {
  const rows: readonly (readonly [string, string])[] = [
    [
      'events',
      `${events} in ${(postingMs / 1_000).toFixed(0)} s, settled ${(settlingMs / 1_000).toFixed(0)} s later`,
    ],
    ['deliveries', `${arrived} of ${wanted} arrived, ${counts.undelivered} undelivered`],
    ['cut short', `${counts.cutShort} runs, ${counts.refused} posts refused`],
    ['memory', `${memory.processes.length} processes: ${changeText(memory)}`],
    ...memory.processes.map((one) => ['', `${one.name}: ${changeText(one)}`] as const),
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)}${value}`);
}

function changeText({ beforeKiB, afterKiB, share }: Change): string {
  return `${mib(beforeKiB)} after warm-up, ${mib(afterKiB)} at the end, ${(share * 100).toFixed(1)} %`;
}

function mib(kib: number): string {
  return `${(kib / 1_024).toFixed(0)} MiB`;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
