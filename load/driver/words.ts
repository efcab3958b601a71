import type { Verdict } from './criterion.ts';
import type { Result, Size } from './result.ts';

/** A number for people: three figures, and separators. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** A value of a metric with its unit, which its name tells. */
export function valueText(metric: string, value: number): string {
  const last = metric.split('.').at(-1) ?? '';
  if (last.endsWith('Share') || last === 'growth') return `${figure(value * 100)} %`;
  if (/^(?:p\d+|min|mean|max)$/.test(last)) return timeText(value);
  if (last === 'time') return timeText(value);
  return last === 'perSecond' ? `${figure(value)}/s` : figure(value);
}

export function timeText(ms: number): string {
  return ms < 1_000 ? `${figure(ms)} ms` : `${figure(ms / 1_000)} s`;
}

export function sizeText({ peakPerSecond, seconds, total }: Size, unit: Result['unit']): string {
  const time = seconds < 1 ? `${figure(seconds * 1_000)} ms` : secondsText(seconds);
  return `${figure(total)} ${unit} in ${time}, at most ${figure(peakPerSecond)}/s`;
}

function secondsText(seconds: number): string {
  if (seconds < 600) return `${figure(seconds)} s`;
  return seconds < 7_200 ? `${figure(seconds / 60)} min` : `${figure(seconds / 3_600)} h`;
}

const MARKS: Readonly<Record<Verdict['kind'], string>> = { met: '✓', missed: '✗', absent: '–' };

export function verdictText({ kind, criterion, value }: Verdict): string {
  const [metric = ''] = criterion.split(' ');
  const found = value === undefined ? 'not measured here' : valueText(metric, value);
  return `${MARKS[kind]} ${criterion}: ${found}`;
}

/** What was reached: what was answered and what arrived, never what it could have been. */
export function reachedText({ values, unit }: Pick<Result, 'values' | 'unit'>): string {
  const value = (name: string): string | undefined => {
    const found = values[name];
    return found === undefined ? undefined : valueText(name, found);
  };
  const p95 = value('latency.p95');
  const arrived = value('deliveries.arrived');
  const delivery = value('delivery.p95');
  const limit = value('limit.perSecond');
  const rate = unit === 'events' ? value('events.perSecond') : value('requests.perSecond');
  return [
    ...(rate === undefined ? [] : [`${rate} ${unit === 'events' ? 'accepted' : 'answered'}`]),
    ...(limit === undefined ? [] : [`kept up with ${limit}`]),
    ...(p95 === undefined ? [] : [`p95 ${p95}`]),
    ...(arrived === undefined ? [] : [`${arrived} arrived`]),
    ...(delivery === undefined ? [] : [`p95 to the provider ${delivery}`]),
  ].join(', ');
}
