import { type Conditions, type Result, passed } from './result.ts';
import type { Scenario } from './scenario.ts';
import { reachedText, sizeText, timeText, verdictText } from './words.ts';

/** The document of runs that were made; scenarios without one are named. */
export function loadDocument(results: readonly Result[], scenarios: readonly Scenario[]): string {
  const run = new Set(results.map(({ scenario }) => scenario));
  const left = scenarios.filter(({ name }) => !run.has(name));
  const missed = results.filter((result) => !passed(result));
  const noted = results.filter(({ notes }) => notes.length > 0);
  const sections = [
    '# Load\n\nWritten by `npm run load:results` from runs of `npm run load`; [how to read them](README.md#load).',
    'Each line is one run: what the whole of it would be, what of that was run, and what came of it. Nothing is extrapolated: a run of a hundredth says nothing of the whole.',
    table(['row', 'scenario', 'full scale', 'was run', 'reached', ''], results.map(resultRow)),
    ...section('Missed', missed.map(missedLine)),
    ...section(
      'Not run',
      left.map(({ name, id }) => `- \`${name}\`${id === undefined ? '' : ` (${id})`}`),
    ),
    '## To the provider\n\nFrom the moment a post was meant to be sent to the arrival at the twin, under the load of the scenario.',
    table(
      ['scenario', 'channel', 'lane', 'arrived', 'p50', 'p95', 'p99', 'max'],
      results.flatMap(arrivalRows),
    ),
    ...section(
      'Notes',
      noted.map(({ scenario, notes }) => `- \`${scenario}\`: ${notes.join(' ')}`),
    ),
    '## Conditions',
    [...new Set(results.map(({ conditions }) => machineLine(conditions)))].join('\n'),
    'Load before is how many processes wanted a core over the minute before; of runs that follow each other it is in part that of the one before.',
    table(['scenario', 'when', 'commit', 'load before', 'nice'], results.map(conditionRow)),
  ];
  return `${sections.join('\n\n')}\n`;
}

function resultRow(result: Result): string[] {
  const { id = '', scenario, full, run, scale, unit, interrupted } = result;
  const all = scale.rate === 1 && scale.time === 1;
  return [
    id,
    `\`${scenario}\``,
    sizeText(full, unit),
    all ? 'all of it' : sizeText(run, unit),
    reachedText(result),
    interrupted ? 'interrupted' : passed(result) ? 'passed' : 'missed',
  ];
}

function missedLine({ scenario, interrupted, verdicts }: Result): string {
  const texts = verdicts.filter(({ kind }) => kind === 'missed').map((one) => verdictText(one).slice(2));
  return `- \`${scenario}\`: ${[...(interrupted ? ['interrupted'] : []), ...texts].join('; ')}`;
}

function arrivalRows({ scenario, arrivals }: Result): string[][] {
  return arrivals.map(({ channel, lane, latency }) => [
    `\`${scenario}\``,
    channel,
    lane,
    String(latency.count),
    ...[latency.p50, latency.p95, latency.p99, latency.max].map(timeText),
  ]);
}

function conditionRow({ scenario, conditions: { at, commit, loadBefore, priority } }: Result): string[] {
  return [`\`${scenario}\``, at, commit, loadBefore.toFixed(1), String(priority)];
}

function machineLine({ cores, cpu, memoryGiB, node, target }: Conditions): string {
  const shared = target === 'the local stack' ? '; driver and stack share the cores' : '';
  return `- ${cores} cores, ${cpu}, ${memoryGiB} GiB, Node ${node}, against ${target}${shared}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}\n\n${lines.join('\n')}`];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
