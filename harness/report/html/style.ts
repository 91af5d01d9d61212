/** The style sheet of the page: light and dark, narrow and wide, screen and paper. Colour never stands alone. */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #fbfbfa; --card: #fff; --ink: #1c1d1f; --soft: #5d6167; --line: #dcdde0; --grid: #ecedef;
  --pass: #18794e; --fail: #c62a2f; --open: #8a5a00; --data: #2f6fab; --lost: #c62a2f; --mark: #7a3fa0; --bar: #6995c3; }
@media (prefers-color-scheme: dark) { :root {
  --page: #131416; --card: #1b1d20; --ink: #e8e9eb; --soft: #a0a5ad; --line: #34373d; --grid: #26292e;
  --pass: #4cc38a; --fail: #ff7b72; --open: #e2b03c; --data: #6cb0ef; --lost: #ff7b72; --mark: #c792ea; --bar: #4f7aa3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .2rem; } h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; } a { color: var(--data); } code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
.soft { color: var(--soft); } .note { color: var(--soft); font-size: .9rem; }
.verdict { display: inline-block; white-space: nowrap; padding: .1rem .6rem; border: 2px solid; border-radius: 1rem; font-weight: 700; }
.verdict.pass { color: var(--pass); } .verdict.fail { color: var(--fail); border-radius: 0; } .verdict.inconclusive { color: var(--open); border-style: dashed; }
td .verdict { border-width: 1px; padding: 0 .4rem; font-weight: 600; font-size: .85rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: .8rem; margin: 1rem 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; }
.figure b { display: block; font-size: 1.7rem; line-height: 1.2; font-weight: 650; } .figure.bad b { color: var(--fail); }
.figure .name { font-weight: 600; }
figure { margin: .6rem 0 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .6rem; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 560px; height: auto; } figcaption { color: var(--soft); font-size: .9rem; padding: .2rem .2rem .4rem; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .tick text, svg .faint { fill: var(--soft); }
svg .grid { stroke: var(--grid); } svg .axis { stroke: var(--line); } svg .bar { fill: var(--bar); } svg .bar.strong { fill: var(--data); } svg .bar.verify { fill: var(--soft); } svg .fault { fill: var(--mark); } svg .bad { fill: var(--lost); }
svg .dot { fill: var(--data); fill-opacity: .55; } svg .dot.worst { fill: var(--lost); fill-opacity: 1; }
svg .curve { fill: none; stroke: var(--data); stroke-width: 2; } svg .curve.restored { stroke: var(--pass); stroke-dasharray: 6 3; } svg .gap { fill: var(--lost); fill-opacity: .18; }
svg .limit { stroke: var(--fail); stroke-width: 1.5; stroke-dasharray: 5 4; } svg .limit-text { fill: var(--fail); } svg .kill { stroke: var(--mark); stroke-width: 2; } svg .kill-text { fill: var(--mark); font-weight: 600; }
svg .point.pass { fill: var(--data); } svg .point.fail { fill: var(--fail); } svg .point.inconclusive { fill: var(--card); stroke: var(--open); stroke-width: 2; } svg .now { fill: none; stroke: var(--mark); stroke-width: 2; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; } td code { white-space: nowrap; } th { color: var(--soft); font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
details { margin: .4rem 0; } summary { cursor: pointer; color: var(--soft); }
.sorts { font-size: .9rem; color: var(--soft); } .sorts label { margin-right: .9rem; white-space: nowrap; }
.fleet { display: grid; grid-template-columns: minmax(14rem, 3fr) auto repeat(6, auto) minmax(8rem, 2fr); font-size: .9rem; min-width: 860px; }
.fleet > div { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; border-bottom: 1px solid var(--line); } .fleet > div > span { padding: .25rem .5rem; overflow-wrap: anywhere; }
.fleet > .head { order: -1; color: var(--soft); font-weight: 600; } .fleet > div:target, td > :target { outline: 2px solid var(--mark); }
section:has(.by-path:checked) .fleet > div:not(.head) { order: var(--path); }
section:has(.by-lost:checked) .fleet > div:not(.head) { order: var(--lost-rank); }
section:has(.by-restore:checked) .fleet > div:not(.head) { order: var(--restore-rank); }
/* Narrow: two figures beside each other, and a chart that is scrolled rather than too small to read. */
@media (max-width: 600px) { main { padding: 1rem .6rem 3rem; } .figure b { font-size: 1.4rem; }
  .figures { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); } figure svg { min-width: 820px; } }
@media print { body { background: #fff; } main { max-width: none; padding: 0; } .sorts { display: none; } figure svg, .figure, tr, .fleet > div { break-inside: avoid; } h2, h3, figcaption { break-after: avoid; } details::details-content { content-visibility: visible; block-size: auto; }
  .scroll, figure { overflow: visible; } figure svg { min-width: 0; } .fleet { min-width: 0; font-size: .7rem; grid-template-columns: minmax(7rem, 3fr) auto repeat(6, auto) minmax(5rem, 2fr); } .fleet > div > span { padding: .2rem .25rem; } table { font-size: .8rem; } td code { white-space: normal; } }
`;
