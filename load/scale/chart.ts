/** A line of a chart. */
export interface Line {
  readonly label: string;
  readonly color: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly lines: readonly Line[];
  /** What a tick of the upright axis reads. */
  readonly tick: (value: number) => string;
}

const WIDTH = 760;
const HEIGHT = 250;
const LEFT = 70;
const RIGHT = 20;
const TOP = 36;
const BOTTOM = 40;
const TICKS = 4;

/** Charts below each other over one axis of seconds. The same lines always give the same text. */
export function chartsSvg(charts: readonly Chart[], describes: string): string {
  const right = Math.max(
    ...charts.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(([x]) => x))),
  );
  const height = charts.length * HEIGHT + 30;
  const body = charts.map(
    (chart, row) => `<g transform="translate(0 ${row * HEIGHT})">${chartBody(chart, right)}</g>`,
  );
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(describes)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...body,
    legend(charts[0]?.lines ?? [], charts.length * HEIGHT + 12),
    '</svg>',
  ].join('\n')}\n`;
}

function chartBody({ title, lines, tick: read }: Chart, right: number): string {
  const top = roundUp(Math.max(...lines.flatMap(({ points }) => points.map(([, y]) => y))));
  const x = (value: number): number => LEFT + (value / right) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: TICKS + 1 }, (_, tick) => tick / TICKS);
  return [
    `<text x="${LEFT}" y="20" font-weight="bold">${escaped(title)}</text>`,
    ...ticks.map(
      (share) =>
        `<path d="M${LEFT} ${place(y(share * top))}H${WIDTH - RIGHT}" stroke="#ddd"/>` +
        `<text x="${LEFT - 8}" y="${place(y(share * top) + 4)}" text-anchor="end">${escaped(read(share * top))}</text>` +
        `<text x="${place(x(share * right))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${Math.round(share * right)} s</text>`,
    ),
    ...lines.map(({ color, points }) => {
      const path = points
        .map(([px, py], n) => `${n === 0 ? 'M' : 'L'}${place(x(px))} ${place(y(py))}`)
        .join('');
      return `<path d="${path}" fill="none" stroke="${color}" stroke-width="2"/>`;
    }),
  ].join('\n');
}

function legend(lines: readonly Line[], y: number): string {
  return lines
    .map(
      ({ label, color }, n) =>
        `<rect x="${LEFT + n * 220}" y="${y - 9}" width="12" height="12" fill="${color}"/>` +
        `<text x="${LEFT + 18 + n * 220}" y="${y + 2}">${escaped(label)}</text>`,
    )
    .join('\n');
}

/** The next number with one digit that is not zero: 1, 2, 5 and their tens. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * ten).find((one) => one >= value) ?? value;
}

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
