import { figure } from './words.ts';

/** A line of a chart: points in the order of their seconds. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [second: number, value: number])[];
}

export interface ChartSpec {
  readonly title: string;
  /** Of the values: `ms`, `MiB`, `a second`. */
  readonly unit: string;
  readonly series: readonly Series[];
}

const WIDTH = 760;
const HEIGHT = 220;
const LEFT = 64;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 28;

/** A chart as inline SVG with its legend; nothing when there is nothing to draw. Colours are those of the page. */
export function chart({ title, unit, series }: ChartSpec): string {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return '';
  const seconds = Math.max(1, ...points.map(([second]) => second));
  const ticks = ticksTo(Math.max(...points.map(([, value]) => value)));
  const top = ticks.at(-1) ?? 1;
  const x = (second: number): number => LEFT + (second / seconds) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const rows = ticks.map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(value))}" y2="${at(y(value))}"/>` +
      `<text x="${LEFT - 8}" y="${at(y(value) + 4)}" text-anchor="end">${figure(value)}</text>`,
  );
  const columns = ticksTo(seconds)
    .filter((second) => second <= seconds)
    .map(
      (second) =>
        `<text x="${at(x(second))}" y="${HEIGHT - 8}" text-anchor="middle">${figure(second)} s</text>`,
    );
  const lines = series.map(({ name, points: own }, index) => {
    const path = own.map(([second, value]) => `${at(x(second))},${at(y(value))}`).join(' ');
    return `<polyline class="line c${index}" points="${path}"><title>${escape(name)}</title></polyline>`;
  });
  const legend = series.map(({ name }, index) => `<li class="c${index}">${escape(name)}</li>`);
  return `<figure>
<figcaption><b>${escape(title)}</b> ${escape(unit)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">${[...rows, ...columns, ...lines].join('')}</svg>
${series.length > 1 ? `<ul class="legend">${legend.join('')}</ul>` : ''}
</figure>`;
}

/** Round numbers from 0 to the first that is not below. */
export function ticksTo(most: number): number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}
