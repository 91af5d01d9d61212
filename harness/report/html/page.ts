import type { Result, ScenarioResult } from '../../result.ts';
import { count, duration } from '../format.ts';
import { litestreamInWords } from '../subject.ts';
import { anchorOf } from './anchors.ts';
import { drillSection } from './drill-section.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { resultData } from './result-data.ts';
import { STYLE } from './style.ts';
import { simpleTable, verdictMark } from './tables.ts';

/** The whole report as one HTML file: nothing runs in it, nothing is fetched, and nothing is in it that result.json lacks. */
export function renderHtml(result: Result): string {
  const { environment: machine } = result;
  const only = result.scenarios.length === 1 ? result.scenarios[0] : undefined;
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${result.verdict}: ${only?.drillId ?? `${result.scenarios.length} drills`}</title><style>${trusted(STYLE)}</style></head>
<body><main>
<h1>Disaster-recovery drill ${verdictMark(result.verdict)}</h1>
<p>${result.reason}</p>
<p class="note">${result.startedAt} · took ${duration(result.durationMs)} · exit code ${result.exitCode} · drill ${result.tool.version}${machineWords(machine)}</p>
<p>Repeat: <code>${result.repeatCommand}</code></p>
${only === undefined ? overview(result.scenarios) : null}
${result.scenarios.map(drillSection)}
<p class="note">RPO, RTO and every other figure are measured from what was read back from the restored files. SIGKILL ends processes; the page cache outlives it, so this is no power cut.
A laptop's RTO is not production's: the store's latency and bandwidth are those of this machine.</p>
${resultData(result)}
</main></body></html>
`;
  return page.markup;
}

function machineWords(machine: Result['environment']): string {
  const { cpu, cpus, node } = machine;
  if (cpu === undefined || cpus === undefined) return '';
  return ` · ${String(cpu)}, ${String(cpus)} cores${node === undefined ? '' : `, Node ${String(node)}`}`;
}

/** The drills side by side, each with a link to its own part of the page. */
function overview(drills: readonly ScenarioResult[]): Markup {
  return simpleTable(
    ['drill', 'Litestream', 'store', 'expected', 'verdict', 'RPO max', 'RTO', 'lost', 'acknowledged'],
    drills.map((drill) => [
      markup`<a href="#${anchorOf(drill)}">${drill.drillId}</a>`,
      litestreamInWords(drill.subject),
      drill.store.kind,
      drill.expect === 'fail' ? 'red' : 'green',
      verdictMark(drill.verdict),
      duration(drill.measurements.rpoMs?.max ?? null),
      duration(drill.measurements.rtoMs),
      count(drill.measurements.lostWrites),
      count(drill.measurements.acknowledgedWrites),
    ]),
  );
}
