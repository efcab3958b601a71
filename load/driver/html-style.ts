/** How the report looks, by day and by night. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #667; --edge: #d9dce1; --ground: #fff;
  --c0: #2f6fed; --c1: #1a9c5b; --c2: #d9480f; --c3: #8c4bd6; --good: #14804a; --bad: #c62f2f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa3ad; --edge: #363b42; --ground: #16181c;
  --c0: #74a5ff; --c1: #4fcf8f; --c2: #ff9058; --c3: #c08bff; --good: #4fcf8f; --bad: #ff7b7b; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 800px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 24px; margin: 0 0 4px; } h1 small { color: var(--soft); font-weight: 400; }
h1 span { font-size: 14px; vertical-align: middle; margin-left: 8px; padding: 2px 10px; border-radius: 12px;
  border: 1px solid currentColor; color: var(--bad); } h1 span.passed { color: var(--good); }
h2 { font-size: 17px; margin: 32px 0 8px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { color: var(--soft); font-weight: 500; } th, td { text-align: right; padding: 4px 8px; white-space: nowrap;
  border-bottom: 1px solid var(--edge); } th:first-child, td:first-child { text-align: left; padding-left: 0; }
table.facts td, table.verdicts td, table.verdicts th { text-align: left; white-space: normal; }
table.facts td:first-child { color: var(--soft); width: 90px; }
tr.met td:first-child { color: var(--good); } tr.missed td { color: var(--bad); } tr.absent td { color: var(--soft); }
.note { color: var(--soft); margin: 8px 0; }
figure { margin: 16px 0 24px; } figcaption { color: var(--soft); } figcaption b { color: var(--ink); }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--edge); } .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.line.c0 { stroke: var(--c0); } .line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); } .line.c3 { stroke: var(--c3); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 4px 0 0; padding: 0; list-style: none; color: var(--soft); }
.legend li::before { content: ''; display: inline-block; width: 14px; height: 3px; margin-right: 6px; vertical-align: middle; }
.legend .c0::before { background: var(--c0); } .legend .c1::before { background: var(--c1); }
.legend .c2::before { background: var(--c2); } .legend .c3::before { background: var(--c3); }
`;
