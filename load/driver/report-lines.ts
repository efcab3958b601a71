import type { ArrivalSummary } from './arrivals.ts';
import type { Summary } from './histogram.ts';
import { type Result, passed } from './result.ts';
import type { PartSummary } from './tally.ts';
import { figure, reachedText, sizeText, timeText, verdictText } from './words.ts';

/** A run as lines for a terminal. */
export function reportLines(result: Result): string[] {
  const { scenario, id, about, unit, full, run, scale, flows, stages, arrivals, faults, verdicts } = result;
  const smaller = scale.rate < 1 || scale.time < 1;
  return [
    `${scenario}${id === undefined ? '' : ` (${id})`}: ${about}`,
    '',
    `full scale  ${sizeText(full, unit)}`,
    `was run     ${smaller ? `${sizeText(run, unit)} (rate x ${scale.rate}, time x ${scale.time})` : 'at full scale'}, against ${result.conditions.target}`,
    `reached     ${reachedText(result)}`,
    '',
    ...table(
      ['', 'sent', 'failed', 'refused', 'a second', 'p50', 'p95', 'p99', 'max'],
      [...flows, ...stages].map(partRow),
    ),
    ...(arrivals.length > 0
      ? ['', ...table(['to the provider', 'arrived', 'p50', 'p95', 'p99', 'max'], arrivals.map(arrivalRow))]
      : []),
    ...faults.map(({ text, count }) => `${figure(count)} x ${text}`),
    '',
    ...verdicts.map(verdictText),
    ...result.notes.map((note) => `  ${note}`),
    result.interrupted ? 'interrupted' : passed(result) ? 'passed' : 'not passed',
  ];
}

function partRow({ name, sent, failed, timedOut, refused, perSecond, latency }: PartSummary): string[] {
  const counts = [sent, failed + timedOut, refused, perSecond].map(figure);
  return [name, ...counts, ...timesOf(latency)];
}

function arrivalRow({ channel, lane, latency }: ArrivalSummary): string[] {
  return [`${channel}, ${lane}`, figure(latency.count), ...timesOf(latency)];
}

function timesOf(latency: Summary | undefined): string[] {
  return latency ? [latency.p50, latency.p95, latency.p99, latency.max].map(timeText) : [];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
