import type { CheckId } from '../../evidence/checks.ts';
import type { LostAt } from '../../evidence/database.ts';
import type { ScenarioResult, Verdict } from '../../result.ts';
import { parseObjective, strictestMax } from '../../scenario/metrics.ts';
import { expectedInWords } from '../expected.ts';
import { loadEndInWords } from '../load-end.ts';
import { bytes, count, counted, duration } from '../format.ts';
import { LOST_AT } from '../lost-at.ts';
import { stopsInWords } from '../ordered-stops.ts';
import { storeInWords } from '../store.ts';
import { litestreamInWords } from '../subject.ts';
import { anchorOf, checkAnchor, databaseLink } from './anchors.ts';
import { progressChart, recoveryChart, rpoChart, timelineChart } from './charts.ts';
import { fleetTable } from './fleet.ts';
import { type Markup, markup } from './markup.ts';
import { requestsChart } from './requests-chart.ts';
import { restoresChart } from './restores-chart.ts';
import { simpleTable, verdictMark } from './tables.ts';
import { trendCharts } from './trend-chart.ts';

/** One drill: its verdict, its figures, what they rest on, every check and every database. */
export function drillSection(drill: ScenarioResult): Markup {
  const { subject, store, fleet } = drill;
  return markup`<section id="${anchorOf(drill)}">
<h2>${drill.drillId} <span class="soft">${drill.title}</span></h2>
<p>${verdictMark(drill.verdict)} ${drill.reason}</p>
<p class="note">seed ${drill.seed} · ${subject.supervisor}, Litestream ${litestreamInWords(subject)} with SQLite ${subject.litestream.sqlite} · ${storeInWords(store)} · ${counted(fleet.databases, 'database')}, ${counted(fleet.rows, 'row')}, ${bytes(fleet.bytes)}${drill.expect === 'fail' ? ' · a negative control: it passes when it goes red' : ''}</p>
${failures(drill)}${figures(drill)}
<h3>Objectives</h3>
${objectives(drill)}
<h3>Loss</h3>${rpoChart(drill)}${progressChart(drill)}${attribution(drill)}
<h3>Recovery</h3>${recoveryChart(drill)}${restoresChart(drill)}${instants(drill)}
${trendPart(drill)}
<h3>The drill</h3>${timelineChart(drill)}${besideTimeline(drill)}${loadEnd(drill)}${requestsChart(drill)}${faults(drill)}
<h3>Checks</h3>${checks(drill)}
<h3>Databases</h3>${fleetTable(drill)}
</section>`;
}

/** Of a negative control also what each was to come to: its red ones are what it is for. */
function objectives(drill: ScenarioResult): Markup {
  const expected = expectedInWords(drill.objectives);
  return simpleTable(
    ['objective', 'measured', 'verdict', ...(expected === null ? [] : ['expected']), 'from'],
    drill.objectives.map(({ expression, actual, verdict, file, line }, index) => [
      markup`<code>${expression}</code>`,
      actual === null ? '–' : count(actual, 3),
      verdictMark(verdict),
      ...(expected === null ? [] : [expected[index] ?? '']),
      `${file}:${line}`,
    ]),
  );
}

/** Every restore to an instant; nothing where there was none. */
function instants({ instants: restored = [] }: ScenarioResult): Markup | null {
  if (restored.length === 0) return null;
  const table = simpleTable(
    [
      'instant',
      'database',
      'verdict',
      'write acknowledged then',
      'complete up to',
      'RPO then',
      'restore',
      '',
    ],
    restored.map(({ beforeKillMs, database, verdict, seq, recoveryPoint, rpoMs, restoreMs, detail }) => [
      `${duration(beforeKillMs)} before the kill`,
      database,
      verdictMark(verdict),
      count(seq),
      recoveryPoint === null ? '–' : count(recoveryPoint),
      duration(rpoMs),
      duration(restoreMs),
      detail,
    ]),
  );
  return markup`<div class="scroll">${table}</div>`;
}

/** Nothing where the kill was a matter of the clock. */
function loadEnd({ loadEnd: end }: ScenarioResult): Markup | null {
  return end === undefined ? null : markup`<p class="note">The kill: ${loadEndInWords(end)}</p>`;
}

/** Nothing where this is the first drill of its kind. */
function trendPart(drill: ScenarioResult): Markup | null {
  const charts = trendCharts(drill);
  return charts === null ? null : markup`<h3>Trend</h3>${charts}`;
}

/** Whose failure it is, and what to do; nothing where all is well. */
function failures({ failures: told = [] }: ScenarioResult): Markup | null {
  if (told.length === 0) return null;
  return simpleTable(
    ['whose failure', 'code', 'what', 'what to do'],
    told.map(({ class: whose, code, message, fix }) => [whose, markup`<code>${code}</code>`, message, fix]),
  );
}

function figures(drill: ScenarioResult): Markup {
  const { measurements: m } = drill;
  const rpoLimit = strictestMax(drill.objectives, 'rpoMs');
  const rtoLimit = strictestMax(drill.objectives, 'rtoMs');
  const against = (limitMs: number | null): string =>
    limitMs === null ? 'no objective' : `objective below ${duration(limitMs)}`;
  return markup`<div class="figures">
${figure('RPO', duration(m.rpoMs?.max ?? null), `worst database; ${against(rpoLimit)}`, isBroken(drill, 'rpoMs'))}
${figure('RTO', duration(m.rtoMs), `whole fleet back in service; ${against(rtoLimit)}`, isBroken(drill, 'rtoMs'))}
${figure('lost writes', count(m.lostWrites), `of ${count(m.acknowledgedWrites)} acknowledged; ${count(m.lostWritesBeyondRpo)} older than the RPO objective`, m.lostWritesBeyondRpo > 0)}
${figure('databases back', count(m.databasesRestored), `${count(drill.databases.length)} known to the ledger; first one after ${duration(m.firstDatabaseMs)}`, false)}
${blobFigure(drill)}
${memoryFigure(drill)}
</div>`;
}

/** Beside the databases' RPO; nothing where no blob was there to lose. */
function blobFigure(drill: ScenarioResult): Markup | null {
  const { blobRpoMs, lostBlobs, acknowledgedUploads } = drill.measurements;
  if (blobRpoMs == null) return null;
  const more = `${count(lostBlobs ?? 0)} lost, ${count(acknowledgedUploads ?? 0)} uploads acknowledged under load`;
  return figure('RPO of blobs', duration(blobRpoMs), more, isBroken(drill, 'blobRpoMs'));
}

/** Nothing where nobody has looked. */
function memoryFigure(drill: ScenarioResult): Markup | null {
  const { subjectRssMb, subjectOpenFiles } = drill.measurements;
  if (subjectRssMb == null) return null;
  const files =
    subjectOpenFiles == null ? 'open files not measured' : `${count(subjectOpenFiles)} open files`;
  const isBad = isBroken(drill, 'subjectRssMb') || isBroken(drill, 'subjectOpenFiles');
  return figure(
    'memory of the subject',
    `${count(subjectRssMb, 0)} MB`,
    `the most under load; ${files}`,
    isBad,
  );
}

function figure(name: string, value: string, more: string, isBad: boolean): Markup {
  return markup`<div class="figure${isBad ? ' bad' : ''}"><span class="name">${name}</span><b>${value}</b><span class="note">${more}</span></div>`;
}

/** Whether an objective on this metric was judged broken: the page shows verdicts, and makes none. */
function isBroken({ objectives }: ScenarioResult, metric: string): boolean {
  return objectives.some(
    ({ expression, verdict }) =>
      verdict === 'fail' && parseObjective(expression).objective?.metric === metric,
  );
}

const ORDER: Record<Verdict, number> = { fail: 0, inconclusive: 1, pass: 2 };

function checks(drill: ScenarioResult): Markup {
  const sorted = drill.checks.toSorted((a, b) => ORDER[a.verdict] - ORDER[b.verdict]);
  return simpleTable(
    ['check', 'verdict', 'it fails when', 'expected', 'actual'],
    sorted.map(({ id, verdict, expected, actual, detail }) => [
      markup`<span id="${checkAnchor(drill, id)}">${id}</span>`,
      verdictMark(verdict),
      id in MEANING ? MEANING[id as CheckId] : 'what the scenario itself looks for is found',
      expected,
      markup`${actual}${detail === '' ? null : markup`<br><span class="note">${detail}</span>`}`,
    ]),
  );
}

const MEANING: Readonly<Record<CheckId, string>> = {
  inventory: 'a database is missing, empty, or back from the dead',
  'clean-host': 'something else lies beside the restored files, or they cannot be opened by their owner',
  identity: "a file holds another tenant's data, or an older life of the same tenant",
  integrity: 'pages or indexes are not as SQLite needs them',
  'foreign-keys': 'a reference points to nothing',
  schema: 'tables, columns, indexes or triggers are not as they were',
  contiguity: 'a write is missing before one that is there',
  'no-phantoms': 'something is there that was never written',
  'row-counts': 'a table has more or fewer rows than it had',
  content: 'a row is not as it was written',
  invariants: "RustBaas' own rules across files are broken beyond what the RPO explains",
  blobs:
    'a file record has no blob of its size and bytes, or a blob is there that nobody uploaded or that was deleted',
  'no-late-uploads': 'something went on writing to the bucket after the host was dead',
  'second-life': 'the restored fleet cannot live on, or the first life is gone from it',
  hooks: 'a hook that version control holds is missing or other, or one is there that it does not hold',
  rehearsal: 'a restore while the host lives ends with exit code 0, and short of what was in the bucket',
  'point-in-time':
    'a restore to an instant fails, is too new, is too old for what had been uploaded, or never was',
  objectives: 'a measured figure misses its objective',
};

/** Where the lost writes were when the host died, what that means, and the database that had most of them there. */
function attribution(drill: ScenarioResult): Markup | null {
  const { lostAt } = drill;
  if (lostAt === undefined) return null;
  return simpleTable(
    ['where the lost writes were at the kill', 'writes', 'most of one database', 'that is'],
    LOST_AT.filter(({ place }) => lostAt[place] > 0).map(({ place, words, meaning }) => [
      words,
      count(lostAt[place]),
      mostLost(drill, place),
      meaning,
    ]),
  );
}

function mostLost(drill: ScenarioResult, place: keyof LostAt): Markup | string {
  const [most] = drill.databases
    .flatMap(({ path, lostAt }) => (lostAt === undefined ? [] : [{ path, lost: lostAt[place] }]))
    .toSorted((a, b) => b.lost - a.lost);
  return most === undefined || most.lost === 0
    ? '–'
    : markup`${count(most.lost)} of ${databaseLink(drill, most.path)}`;
}

/** Faults that no bar of the timeline stands for; nothing where there are none. */
function besideTimeline({ faults: planted }: ScenarioResult): Markup | null {
  const names = planted.flatMap(({ id, engaged, window }) => (engaged && window === undefined ? [id] : []));
  if (names.length === 0) return null;
  return markup`<p class="note">Took effect in a phase of its own, at an event, or all the time: ${names.join(', ')}.</p>`;
}

function faults({ faults: planted }: ScenarioResult): Markup | null {
  if (planted.length === 0) return null;
  const isTimed = planted.some(({ uploadsAgainMs }) => uploadsAgainMs !== undefined);
  const isStopped = planted.some(({ orderedStops }) => orderedStops !== undefined);
  return simpleTable(
    [
      'what was done on purpose',
      'took effect',
      'how often',
      ...(isTimed ? ['all databases uploaded again after'] : []),
      ...(isStopped ? ['the supervisor had ended'] : []),
    ],
    planted.map(({ id, engaged, count: often, uploadsAgainMs, orderedStops }) => [
      id,
      engaged ? 'yes' : 'no',
      count(often),
      ...(isTimed
        ? [
            uploadsAgainMs === undefined
              ? ''
              : uploadsAgainMs === null
                ? 'not before the kill'
                : duration(uploadsAgainMs),
          ]
        : []),
      ...(isStopped ? [stopsInWords(orderedStops)] : []),
    ]),
  );
}
