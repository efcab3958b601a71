import { GOALS, goalText } from './goals.ts';
import { NOTES } from './notes.ts';
import { type Run, figure, isVoid, verdictOn } from './report.ts';
import type { Row } from './rows.ts';

/** The document of a run. */
export function resultsDocument(run: Run): string {
  const { conditions, rows, checks, failed } = run;
  const { at, commit, node, cpu, cores, memoryGiB, load, rounds } = conditions;
  const missed = rows.filter((row) => verdictOn(row, checks) === 'missed');
  const sections = [
    '# Results\n\nWritten by `npm run bench:results` from a run of `npm run bench:headline`; [how to read them](README.md).',
    table(
      ['condition', ''],
      [
        ['when', at],
        ['commit', commit],
        ['machine', `${cores} cores, ${cpu}, ${memoryGiB} GiB, Node ${node}`],
        ['load before and after', `${load.before.toFixed(1)}, ${load.after.toFixed(1)}`],
        ['rounds', String(rounds)],
      ],
    ),
    load.before > cores || load.after > cores
      ? 'Others were at work on this machine: every figure in CPU time is worse and less certain than it could be.'
      : '',
    '## Figures\n\nThe middle half is that of the samples behind the figure.',
    table(
      ['figure', 'value', 'middle half', 'goal', ''],
      rows.map((row) => [
        `\`${row.name}\``,
        figure(row.value),
        middleOf(row),
        goalText(GOALS[row.name]),
        verdictOn(row, checks),
      ]),
    ),
    '## The naive stack',
    checks
      .map((check) => {
        const range = `${figure(check.least)} to ${figure(check.most)}`;
        return `- \`${check.name}\` is ${figure(check.value)}, wanted ${range}${isVoid(check) ? ': **void**' : ''}`;
      })
      .join('\n'),
    missed.length > 0 ? '## Missed' : '',
    missed.map((row) => missedLine(row)).join('\n'),
    rows.some(({ note }) => note) ? '## Notes' : '',
    rows.flatMap(({ name, note }) => (note ? [`- \`${name}\`: ${note}`] : [])).join('\n'),
    Object.keys(failed).length > 0 ? '## Not measured' : '',
    Object.entries(failed)
      .map(([group, why]) => `- ${group}: ${why}`)
      .join('\n'),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function missedLine({ name, value }: Row): string {
  const note = NOTES[name];
  return `- \`${name}\` is ${figure(value)}, goal ${goalText(GOALS[name])}.${note ? ` ${note}` : ''}`;
}

/** Quartiles of the ratios, where there are enough to tell. */
function middleOf({ samples }: Row): string {
  const ratios = (samples['ratio'] ?? []).toSorted((a, b) => a - b);
  if (ratios.length < 4) return '';
  const at = (share: number): string => figure(ratios[Math.floor((ratios.length - 1) * share)]!);
  return `${at(0.25)} to ${at(0.75)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
