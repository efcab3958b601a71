import { type ChartSpec, type Series, chart, escape } from './chart.ts';
import type { Verdict } from './criterion.ts';
import { STYLE } from './html-style.ts';
import { type Result, type Sample, passed } from './result.ts';
import type { PartSummary } from './tally.ts';
import { figure, reachedText, sizeText, timeText, valueText } from './words.ts';

/** A run as one page that needs nothing else: text, tables and charts, no scripts and no addresses. */
export function htmlReport(result: Result): string {
  const { scenario, id, about, unit, full, run, scale, conditions, notes } = result;
  const end = result.interrupted ? 'interrupted' : passed(result) ? 'passed' : 'not passed';
  const smaller = scale.rate < 1 || scale.time < 1;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(scenario)}: ${end}</title><style>${STYLE}</style></head><body><main>
<h1>${escape(scenario)} <small>${escape(id ?? '')}</small> <span class="${end.replace(' ', '-')}">${end}</span></h1>
<p>${escape(about)}</p>
${table(
  ['', ''],
  [
    ['full scale', sizeText(full, unit)],
    [
      'was run',
      smaller ? `${sizeText(run, unit)} (rate × ${scale.rate}, time × ${scale.time})` : 'at full scale',
    ],
    ['reached', reachedText(result)],
    ['against', `${conditions.target}, seed ${conditions.seed}`],
    [
      'on',
      `${conditions.cores} cores, ${conditions.cpu}, ${conditions.memoryGiB} GiB, Node ${conditions.node}; load before ${conditions.loadBefore.toFixed(1)}, nice ${conditions.priority}`,
    ],
    ['when', `${conditions.at}, commit ${conditions.commit}`],
  ],
  'facts',
)}
<h2>Criteria</h2>
${table(['', 'criterion', 'measured'], result.verdicts.map(verdictRow), 'verdicts')}
${notes.map((note) => `<p class="note">${escape(note)}</p>`).join('\n')}
<h2>Over time</h2>
${charts(result).map(chart).join('\n')}
<h2>Requests</h2>
<p class="note">Times count from the moment a request was meant to be sent.</p>
${table(
  ['', 'sent', 'failed', 'refused', 'a second', 'p50', 'p95', 'p99', 'p99.9', 'max'],
  [...result.flows, ...result.stages].map(partRow),
)}
${arrivals(result)}
${faults(result)}
</main></body></html>
`;
}

function verdictRow({ kind, criterion, value }: Verdict): string[] {
  const [metric = ''] = criterion.split(' ');
  return [kind, criterion, value === undefined ? 'not measured here' : valueText(metric, value)];
}

function partRow({ name, sent, failed, timedOut, refused, perSecond, latency }: PartSummary): string[] {
  const times = latency
    ? [latency.p50, latency.p95, latency.p99, latency.p999, latency.max].map(timeText)
    : [];
  return [name, figure(sent), figure(failed + timedOut), figure(refused), figure(perSecond), ...times];
}

function arrivals({ arrivals: groups }: Result): string {
  if (groups.length === 0) return '';
  const rows = groups.map(({ channel, lane, latency }) => [
    channel,
    lane,
    figure(latency.count),
    ...[latency.p50, latency.p95, latency.p99, latency.max].map(timeText),
  ]);
  return `<h2>To the provider</h2>
<p class="note">From the moment a post was meant to be sent to the arrival.</p>
${table(['channel', 'lane', 'arrived', 'p50', 'p95', 'p99', 'max'], rows)}`;
}

function faults({ faults: list }: Result): string {
  if (list.length === 0) return '';
  const rows = list.map(({ text, count }) => [text, figure(count)]);
  return `<h2>What went wrong</h2>${table(['', 'times'], rows)}`;
}

function charts({ seconds, samples }: Result): ChartSpec[] {
  const perSecond = (name: string, of: (one: Result['seconds'][number]) => number): Series => ({
    name,
    points: seconds.map((one) => [one.second, of(one)]),
  });
  /** A second in which nothing was sent has no latency. */
  const latency = (name: string, of: (one: Result['seconds'][number]) => number): Series => ({
    name,
    points: seconds.filter(({ meant }) => meant > 0).map((one) => [one.second, of(one)]),
  });
  const sampled = (name: string, of: (one: Sample) => number): Series => ({
    name,
    points: samples.map((one) => [one.second, of(one)]),
  });
  const grown = (name: string, of: (one: Sample) => number): Series => ({
    name,
    points: samples.slice(1).map((one, n) => {
      const before = samples[n] ?? one;
      return [one.second, Math.max(0, (of(one) - of(before)) / Math.max(0.1, one.second - before.second))];
    }),
  });
  const arrived = samples.length > 1 ? [grown('deliveries arrived', (one) => one.arrived)] : [];
  const local: ChartSpec[] =
    samples.length === 0
      ? []
      : [
          {
            title: 'Queues',
            unit: 'messages',
            series: [
              sampled('waiting', (one) => one.ready),
              sampled('delayed', (one) => one.delayed),
              sampled('in flight', (one) => one.inFlight),
            ],
          },
          { title: 'AWS calls', unit: 'a second', series: [grown('calls', (one) => one.calls)] },
          {
            title: 'Memory',
            unit: 'MiB',
            series: [
              sampled('stack and functions', (one) => one.stackMiB),
              sampled('queues and twin', (one) => one.enginesMiB),
            ],
          },
        ];
  return [
    {
      title: 'Throughput',
      unit: 'a second',
      series: [
        perSecond('requests meant', (one) => one.meant),
        perSecond('answered', (one) => one.answered),
        perSecond('failed or refused', (one) => one.failed),
        ...arrived,
      ],
    },
    {
      title: 'Latency',
      unit: 'ms',
      series: [
        latency('p50', (one) => one.p50),
        latency('p95', (one) => one.p95),
        latency('p99', (one) => one.p99),
      ],
    },
    ...local,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[], kind = ''): string {
  const headRow = head.some(Boolean)
    ? `<tr>${head.map((cell) => `<th>${escape(cell)}</th>`).join('')}</tr>`
    : '';
  const body = rows.map(
    (row) =>
      `<tr class="${escape(row[0] ?? '')}">${row.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`,
  );
  return `<div class="wide"><table class="${kind}">${headRow}${body.join('\n')}</table></div>`;
}
