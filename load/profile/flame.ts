import type { Frame } from './frames.ts';
import { FLAME_SCRIPT, FLAME_STYLE } from './flame-page.ts';

export interface FlameOptions {
  readonly title: string;
  /** What a figure counts. */
  readonly unit: 'µs' | 'bytes';
  /** Under what conditions it was made. */
  readonly about: string;
}

/** A frame as the page reads it: name, source, self, total, children. */
type Told = readonly [string, string, number, number, readonly Told[]];

/** What is narrower than this share of the whole cannot be seen. */
const LEAST_SHARE = 0.0004;

/** A flame graph that hangs from its root, as one file that needs nothing else. */
export function flamePage(root: Frame, { title, unit, about }: FlameOptions): string {
  const least = root.total * LEAST_SHARE;
  const data = { unit, root: told(root, least) };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${asText(title)}</title>
<style>${FLAME_STYLE}</style>
</head>
<body>
<header>
<h1>${asText(title)}</h1>
<p>${asText(about)}</p>
<form><input type="search" placeholder="Search functions and files" aria-label="Search"><button type="reset">Whole</button><output></output></form>
</header>
<svg role="img" aria-label="${asText(title)}"></svg>
<footer></footer>
<script type="application/json" id="data">${asJson(data)}</script>
<script>${FLAME_SCRIPT}</script>
</body>
</html>
`;
}

function told({ name, source, self, total, children }: Frame, least: number): Told {
  const wide = [...children.values()].filter((child) => child.total >= least);
  const sorted = wide.toSorted((a, b) => b.total - a.total);
  return [name, source, Math.round(self), Math.round(total), sorted.map((child) => told(child, least))];
}

/** Nothing in it can end the element that it stands in. */
function asJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
