import type { CheckResult, ObjectiveResult, Result, ScenarioResult, Verdict } from '../result.ts';
import { parseObjective } from '../scenario/metrics.ts';
import { comparisonTable } from './comparison.ts';
import { expectedInWords } from './expected.ts';
import { loadEndInWords } from './load-end.ts';
import { fleetTable, verdictColour } from './fleet-table.ts';
import { bytes, count, counted, duration, wrapped } from './format.ts';
import { lostAtInWords } from './lost-at.ts';
import { paint, printable, type Style } from './screen.ts';
import { instantsInWords } from './instants.ts';
import { stopsInWords } from './ordered-stops.ts';
import { costInWords } from './store-cost.ts';
import { sparkline } from './sparkline.ts';
import { storeInWords } from './store.ts';
import { subjectUseInWords } from './subject-use.ts';
import { litestreamInWords } from './subject.ts';
import { runbookTable } from './runbook-table.ts';
import { table } from './table.ts';

export interface Page {
  readonly columns: number;
  readonly colour: boolean;
}

/** Figures of earlier runs and of this one, oldest first. */
export interface Trend {
  readonly rpoMs: readonly (number | null)[];
  readonly rtoMs: readonly (number | null)[];
}

/** What the history says of a drill; null: there is none. */
type Trends = (drill: ScenarioResult) => Trend | null;

/** The summary of a run for a terminal. The verdict and how to repeat the run come last, where the eye ends. */
export function renderSummary(result: Result, page: Page, trends: Trends = () => null): string {
  const isOnly = result.scenarios.length === 1;
  const isMany = result.scenarios.length > 1;
  const drills = result.scenarios.flatMap((scenario) => [
    ...renderDrill(scenario, page, isOnly, trends(scenario)),
    '',
  ]);
  const reason =
    isOnly && result.reason === result.scenarios[0]?.reason ? '' : `  ${printable(result.reason)}`;
  const took = `  in ${duration(result.durationMs)}, exit code ${result.exitCode}`;
  const compared = !isMany
    ? []
    : [...section('side by side', comparisonTable(result.scenarios, page.colour), page), ''];
  return [
    ...drills,
    ...compared,
    `${badge(result.verdict, page)}${reason}${dim(took, page)}`,
    `${dim('repeat:', page)} ${printable(result.repeatCommand)}`,
    '',
  ].join('\n');
}

/** One drill. In a run of many, one that passed is told in short. */
function renderDrill(drill: ScenarioResult, page: Page, isOnly: boolean, trend: Trend | null): string[] {
  const head = [
    `${paint(printable(drill.id), 'bold', page.colour)}  ${printable(drill.title)}`,
    dim(`seed ${drill.seed} · ${setting(drill)}`, page),
    ...verdictLines(drill, page),
    ...failureLines(drill, page),
    ...figures(drill, page),
    ...trendLines(trend, page),
  ];
  if (drill.verdict === 'pass' && !isOnly) return head;
  return [
    ...head,
    ...section('objectives', objectiveLines(drill.objectives, page), page),
    ...section('checks', checkLines(drill.checks, page), page),
    ...(drill.runbook === undefined
      ? []
      : section(
          'the documented page, step by step',
          runbookTable(drill.runbook, page.columns - 2, page.colour),
          page,
        )),
    ...section('databases, worst first', fleetTable(drill, page.columns - 2, page.colour), page),
  ];
}

function verdictLines({ verdict, reason }: ScenarioResult, page: Page): string[] {
  const lines = wrapped(printable(reason), page.columns - verdict.length - 2);
  const margin = ' '.repeat(verdict.length + 2);
  return lines.map((line, index) => (index === 0 ? `${badge(verdict, page)}  ${line}` : `${margin}${line}`));
}

/** Whose failure it is, and what to do. */
function failureLines({ failures = [] }: ScenarioResult, page: Page): string[] {
  return failures.flatMap(({ class: whose, code, fix }) =>
    indented(`  ${whose.padEnd(12)}`, printable(`${code}: ${fix}`), page),
  );
}

function setting({ subject, store, fleet }: ScenarioResult): string {
  return printable(
    `${subject.supervisor}, Litestream ${litestreamInWords(subject)} · ${storeInWords(store)} · ` +
      `${counted(fleet.databases, 'database')}, ${counted(fleet.rows, 'row')}, ${bytes(fleet.bytes)}`,
  );
}

/** RPO and RTO against what was demanded, then what they rest on. */
function figures(drill: ScenarioResult, page: Page): string[] {
  const { rpoMs, rtoMs, recoveryPointAgeMs, restoreMs, verifyMs, firstDatabaseMs, ...rest } =
    drill.measurements;
  const rpo = rpoMs === null ? 'not measured' : `max ${duration(rpoMs.max)}`;
  const rpoMore =
    rpoMs === null
      ? []
      : [
          `p50 ${duration(rpoMs.p50)}`,
          `p99 ${duration(rpoMs.p99)}`,
          `recovery point ${duration(recoveryPointAgeMs?.max ?? null)} old`,
        ];
  const rtoMore = [
    `first database ${duration(firstDatabaseMs)}`,
    `restore ${duration(restoreMs)}`,
    `verify ${duration(verifyMs)}`,
    `protected again ${duration(rest.protectedAgainMs)}`,
  ];
  const rto = rtoMs === null ? 'not measured' : duration(rtoMs);
  const writes =
    `${count(rest.acknowledgedWrites)} acknowledged, ${count(rest.lostWrites)} lost ` +
    `(${count(rest.lostWritesBeyondRpo)} beyond the RPO objective), ${count(rest.unknownWrites)} unknown, ` +
    `${count(rest.refusedWrites)} refused`;
  return [
    [
      '  RPO     ',
      `${rpo}${demanded(drill.objectives, 'rpoMs')} (${rpoMore.join(', ') || 'nothing was restored'})`,
    ],
    ['  RTO     ', `${rto}${demanded(drill.objectives, 'rtoMs')} (${rtoMore.join(', ')})`],
    ['  writes  ', writes],
    ...(drill.lostAt === undefined
      ? []
      : [['  lost    ', `when the host died: ${lostAtInWords(drill.lostAt)}`]]),
    ...costLines(drill),
    ...useLines(drill),
    ...faultLines(drill),
    ...besideDatabases(drill),
    ...instantLines(drill),
    ...(drill.loadEnd === undefined ? [] : [['  kill    ', loadEndInWords(drill.loadEnd)]]),
    ...(drill.secondHost === undefined ? [] : [['  host 2  ', secondHost(drill.secondHost)]]),
  ].flatMap(([label = '', text = '']) => indented(label, text, page));
}

/** Restores to an instant, in one line, and those that went wrong. */
function instantLines(drill: ScenarioResult): string[][] {
  const told = instantsInWords(drill);
  return told === null ? [] : [['  instant ', printable(told)]];
}

function costLines(drill: ScenarioResult): string[][] {
  const cost = costInWords(drill);
  return cost === null ? [] : [['  cost    ', cost]];
}

function useLines(drill: ScenarioResult): string[][] {
  const use = subjectUseInWords(drill);
  return use === null
    ? []
    : [['  subject ', `at most ${use}, supervisor and Litestream together under load`]];
}

/** What was broken on purpose, how often it struck, and how soon the host was itself again. */
function faultLines({ faults }: ScenarioResult): string[][] {
  return faults.map(({ id, engaged, count: often, uploadsAgainMs, orderedStops }) => {
    const again =
      uploadsAgainMs === undefined
        ? ''
        : `; all databases uploaded again ${uploadsAgainMs === null ? 'not before the kill' : `${duration(uploadsAgainMs)} after its end`}`;
    const stops = stopsInWords(orderedStops);
    const ended = stops === '' ? '' : `; the supervisor had ended ${stops}`;
    return [
      '  fault   ',
      printable(`${id}: ${engaged ? `struck ${counted(often, 'time')}` : 'never engaged'}${again}${ended}`),
    ];
  });
}

function secondHost({
  databases,
  acknowledged,
  supervisor,
  atMs,
}: NonNullable<ScenarioResult['secondHost']>) {
  return printable(
    `restored ${counted(databases, 'database')} ${duration(atMs)} into the load and made ${counted(acknowledged, 'write')} ` +
      `of its own; its supervisor: ${supervisor}`,
  );
}

/** Blobs beside the databases' RPO, and hooks; nothing where nothing was there to lose. */
function besideDatabases({ measurements, objectives }: ScenarioResult): string[][] {
  const { blobRpoMs, lostBlobs, acknowledgedUploads, lostHookEdits, acknowledgedHookEdits } = measurements;
  const blobs =
    `RPO ${duration(blobRpoMs ?? null)}${demanded(objectives, 'blobRpoMs')} ` +
    `(${counted(acknowledgedUploads ?? 0, 'upload')} acknowledged, ${counted(lostBlobs ?? 0, 'blob')} lost)`;
  const hooks =
    `${counted(lostHookEdits ?? 0, 'live edit')} lost of ${count(acknowledgedHookEdits ?? 0)}: ` +
    'hooks are not replicated, they come back from version control';
  return [
    ...(blobRpoMs == null ? [] : [['  blobs   ', blobs]]),
    ...(lostHookEdits == null ? [] : [['  hooks   ', hooks]]),
  ];
}

/** From two runs on there is something to see. */
function trendLines(trend: Trend | null, page: Page): string[] {
  if (trend === null || trend.rtoMs.length < 2) return [];
  const { rpoMs, rtoMs } = trend;
  const text = `RPO ${sparkline(rpoMs)}  RTO ${sparkline(rtoMs)}  (${counted(rtoMs.length, 'drill')}, this one last)`;
  return indented('  trend   ', text, page);
}

/** The objectives on one metric, as in `, objective max < 15.0 s`. */
function demanded(objectives: readonly ObjectiveResult[], metric: string): string {
  const own = objectives.flatMap(({ expression }) => {
    const { objective } = parseObjective(expression);
    if (objective?.metric !== metric) return [];
    const { aggregate, operator, threshold } = objective;
    return [[aggregate, operator, duration(threshold)].filter((part) => part !== null).join(' ')];
  });
  return own.length === 0 ? ', no objective' : `, objective ${own.join(' and ')}`;
}

function objectiveLines(objectives: readonly ObjectiveResult[], page: Page): string[] {
  const expected = expectedInWords(objectives);
  const columns = [
    { title: 'objective', align: 'left' },
    { title: 'measured', align: 'right' },
    { title: 'verdict', align: 'left' },
    ...(expected === null ? [] : [{ title: 'expected', align: 'left' } as const]),
    { title: 'from', align: 'left' },
  ] as const;
  const rows = objectives.map(({ expression, actual, verdict, file, line }, index) => [
    printable(expression),
    actual === null ? '–' : count(actual, 3),
    verdict,
    ...(expected === null ? [] : [expected[index] ?? '']),
    `${printable(file)}:${line}`,
  ]);
  return table(columns, rows, (cell, row, column) => {
    if (row === -1 || column >= 3) return dim(cell, page);
    return column === 2 ? paint(cell, verdictColour(objectives[row]?.verdict ?? 'fail'), page.colour) : cell;
  });
}

/** Passed checks in one line; the others with what was expected and what was found. */
function checkLines(checks: readonly CheckResult[], page: Page): string[] {
  const passed = checks.filter(({ verdict }) => verdict === 'pass').map(({ id }) => id);
  const open = checks.filter(({ verdict }) => verdict !== 'pass');
  return [
    ...open.flatMap(({ id, verdict, expected, actual, detail }) => [
      `${paint(id, ['bold', verdictColour(verdict)], page.colour)}  ${verdict}`,
      ...indented('  expected  ', expected, page),
      ...indented('  actual    ', actual, page),
      ...(detail === '' ? [] : indented('  detail    ', detail, page)),
    ]),
    ...(passed.length === 0 ? [] : indented(`${passed.length} passed: `, passed.join(', '), page)),
    ...checks.flatMap(({ id, verdict, detail }) =>
      verdict === 'pass' && detail !== '' && id !== 'objectives' ? indented(`${id}: `, detail, page) : [],
    ),
  ];
}

/** A text behind a label, wrapped to the page and kept in its column. */
function indented(label: string, text: string, page: Page): string[] {
  const margin = ' '.repeat(label.length);
  const lines = wrapped(printable(text), page.columns - label.length - 2);
  return lines.map((line, index) => (index === 0 ? `${dim(label, page)}${line}` : `${margin}${line}`));
}

function section(title: string, lines: readonly string[], page: Page): string[] {
  if (lines.length === 0) return [];
  return ['', paint(title, 'bold', page.colour), ...lines.map((line) => `  ${line}`)];
}

function badge(verdict: Verdict, page: Page): string {
  const styles: Style[] = ['bold', verdictColour(verdict)];
  return paint(verdict.toUpperCase(), styles, page.colour);
}

function dim(text: string, page: Page): string {
  return paint(text, 'dim', page.colour);
}
