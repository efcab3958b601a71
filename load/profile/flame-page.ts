/** Style and script of the flame graph: they are written into the page, which then needs no network. */
export const FLAME_STYLE = `
:root { color-scheme: light dark; font: 13px/1.4 system-ui, sans-serif; }
body { margin: 0 16px 16px; }
h1 { font-size: 18px; margin: 12px 0 0; }
p { margin: 2px 0 8px; opacity: .75; }
form { display: flex; gap: 8px; align-items: center; margin-bottom: 8px; }
input { width: 300px; padding: 3px 6px; font: inherit; }
button { font: inherit; }
svg { display: block; width: 100%; }
svg g { cursor: pointer; }
svg rect { stroke: Canvas; stroke-width: 1; }
svg text { font-size: 11px; fill: #1b1b1b; pointer-events: none; }
svg g:hover rect { stroke: CanvasText; }
svg g.found rect { fill: #b14aed; }
svg g.found text { fill: #fff; }
svg g.above { opacity: .55; }
footer { position: sticky; bottom: 0; min-height: 1.5em; padding: 4px 0; background: Canvas; }
`;

/** Colours tell own code from packages and from Node. */
export const FLAME_SCRIPT = `
'use strict';
const { unit, root } = JSON.parse(document.getElementById('data').textContent);
const svg = document.querySelector('svg');
const footer = document.querySelector('footer');
const input = document.querySelector('input');
const output = document.querySelector('output');
const ROW = 18, SPACE = 6.3;
const NS = 'http://www.w3.org/2000/svg';
let shown = root;

function amount(value) {
  if (unit === 'bytes') return value < 1e6 ? (value / 1e3).toFixed(1) + ' kB' : (value / 1e6).toFixed(1) + ' MB';
  return value < 1e3 ? value + ' µs' : value < 1e6 ? (value / 1e3).toFixed(1) + ' ms' : (value / 1e6).toFixed(2) + ' s';
}
function share(value) { return (100 * value / root[3]).toFixed(1) + ' %'; }
function hue([name, source]) {
  let hash = 0;
  for (const c of name + source) hash = (hash * 31 + c.charCodeAt(0)) >>> 0;
  const light = 68 + hash % 12;
  if (name.startsWith('(')) return 'hsl(0 0% ' + light + '%)';
  if (source.startsWith('node:') || source === '') return 'hsl(' + (200 + hash % 20) + ' 45% ' + light + '%)';
  const own = /^(lib|functions|cdk|load)\\//.test(source);
  return own ? 'hsl(' + (20 + hash % 30) + ' 90% ' + light + '%)' : 'hsl(' + (95 + hash % 40) + ' 45% ' + light + '%)';
}
/** Frames from the root down to one. */
function pathTo(node, wanted) {
  if (node === wanted) return [node];
  for (const child of node[4]) {
    const path = pathTo(child, wanted);
    if (path) return [node, ...path];
  }
}
function matches([name, source], text) { return text !== '' && (name + ' ' + source).toLowerCase().includes(text); }
function foundIn(node, text) {
  return matches(node, text) ? node[3] : node[4].reduce((sum, child) => sum + foundIn(child, text), 0);
}
function draw() {
  const width = svg.clientWidth || 1200;
  const text = input.value.trim().toLowerCase();
  svg.replaceChildren();
  let depth = 0;
  const box = (node, x, w, level, above) => {
    if (w < 0.5) return;
    depth = Math.max(depth, level + 1);
    const g = document.createElementNS(NS, 'g');
    if (matches(node, text)) g.classList.add('found');
    if (above) g.classList.add('above');
    const rect = document.createElementNS(NS, 'rect');
    rect.setAttribute('x', x); rect.setAttribute('y', level * ROW);
    rect.setAttribute('width', w); rect.setAttribute('height', ROW);
    rect.setAttribute('fill', hue(node));
    g.append(rect);
    const letters = Math.floor((w - 6) / SPACE);
    if (letters > 2) {
      const label = document.createElementNS(NS, 'text');
      label.setAttribute('x', x + 3); label.setAttribute('y', level * ROW + 13);
      const name = node[0] + (node[1] ? '  ' + node[1] : '');
      label.textContent = name.length > letters ? name.slice(0, letters - 1) + '…' : name;
      g.append(label);
    }
    g.addEventListener('click', () => { shown = node; draw(); });
    g.addEventListener('mouseover', () => {
      footer.textContent = node[0] + '  ' + node[1] + '   with all it called ' + amount(node[3]) + ', ' + share(node[3])
        + ' · by itself ' + amount(node[2]) + ', ' + share(node[2]);
    });
    svg.append(g);
    if (above) return;
    let at = x;
    for (const child of node[4]) {
      const wide = w * child[3] / (node[3] || 1);
      box(child, at, wide, level + 1, false);
      at += wide;
    }
  };
  const path = pathTo(root, shown);
  path.slice(0, -1).forEach((node, level) => box(node, 0, width, level, true));
  box(shown, 0, width, path.length - 1, false);
  svg.setAttribute('height', depth * ROW);
  svg.setAttribute('viewBox', '0 0 ' + width + ' ' + depth * ROW);
  output.textContent = text === '' ? '' : share(foundIn(root, text)) + ' of it';
}
input.addEventListener('input', draw);
document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
document.querySelector('form').addEventListener('reset', () => { shown = root; setTimeout(draw); });
addEventListener('resize', draw);
draw();
`;
