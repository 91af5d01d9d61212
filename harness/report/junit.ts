import type { CheckResult, ObjectiveResult, Result, ScenarioResult, Verdict } from '../result.ts';
import { strictestMax } from '../scenario/metrics.ts';

/**
 * JUnit XML: a suite a drill, a case an assertion. `failure`: judged bad; `error`: could not be judged. Times in seconds;
 * timestamps in UTC without a zone, as the common schema wants them. Rules: reference/formats.md, section 4.
 */
export function renderJunit(result: Result): string {
  const suites = result.scenarios.map((drill) => ({ drill, cases: casesOf(drill) }));
  const all = suites.flatMap(({ cases }) => cases);
  const ofRun = wholeRun(result, all);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="drill" ${totals([...all, ...ofRun])} time="${seconds(result.durationMs)}" timestamp="${utc(result.startedAt)}">`,
    ...suites.flatMap(({ drill, cases }) => suite(drill, cases, result)),
    ...ofRun.flatMap((one) => [
      `  <testsuite name="run" ${totals([one])} time="0">`,
      ...testcase(one, 'run', ['report.html'], 0),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

interface Case {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly text: string;
}

function casesOf(drill: ScenarioResult): Case[] {
  // A negative control is one assertion: that it was caught. Its red checks are what it is for.
  if (drill.expect === 'fail') {
    return [{ name: 'negative control', verdict: drill.verdict, message: drill.reason, text: '' }];
  }
  const checks = drill.checks.filter(({ id }) => id !== 'objectives').map(ofCheck);
  const cases = [...checks, ...drill.objectives.map(ofObjective)];
  // The drill itself can be bad where no single check is: never protected, a fault of the rig.
  const isTold = cases.some(({ verdict }) => verdict === drill.verdict);
  return [
    ...cases,
    { name: 'verdict', verdict: isTold ? 'pass' : drill.verdict, message: drill.reason, text: '' },
  ];
}

/** A run without a drill, one that a reporter spoilt, or one that is worse than before is not green either. */
function wholeRun({ verdict, reason }: Result, cases: readonly Case[]): Case[] {
  if (verdict === 'pass' || cases.some((one) => one.verdict === verdict)) return [];
  return [{ name: 'the run as a whole', verdict, message: reason, text: '' }];
}

function ofCheck({ id, verdict, expected, actual, detail }: CheckResult): Case {
  const text = [`expected: ${expected}`, `actual: ${actual}`, ...(detail === '' ? [] : [detail])].join('\n');
  return { name: id, verdict, message: actual, text };
}

function ofObjective({ expression, actual, verdict, file, line }: ObjectiveResult): Case {
  const measured = actual === null ? 'not measured' : `measured ${actual}`;
  return { name: expression, verdict, message: measured, text: `${measured}\nfrom ${file}:${line}` };
}

function suite(drill: ScenarioResult, cases: readonly Case[], result: Result): string[] {
  const durationMs = drill.timeline.reduce((end, phase) => Math.max(end, phase.endMs), 0);
  const attached = [`evidence/${drill.drillId}/evidence.json`, 'report.html'];
  return [
    `  <testsuite name="${text(drill.drillId)}" ${totals(cases)} time="${seconds(durationMs)}" timestamp="${utc(result.startedAt)}">`,
    '    <properties>',
    ...propertiesOf(drill, result).flatMap(([name, value]) =>
      value === null ? [] : [`      <property name="${text(name)}" value="${text(String(value))}"/>`],
    ),
    '    </properties>',
    // A check has no time of its own: that of the drill is the last case's, the verdict's, so that the suite adds up.
    ...cases.flatMap((one) => testcase(one, drill.drillId, attached, one === cases.at(-1) ? durationMs : 0)),
    '  </testsuite>',
  ];
}

function propertiesOf(drill: ScenarioResult, result: Result): [string, string | number | null][] {
  const { measurements: figures, objectives, subject } = drill;
  return [
    ['scenario', drill.id],
    ['seed', drill.seed],
    ['drill', result.tool.version],
    ['supervisor', subject.supervisor],
    ['litestream', subject.litestream.version],
    ['sqlite', subject.litestream.sqlite],
    ['store', `${drill.store.kind} ${drill.store.version}`],
    ['rpoMs.max', figures.rpoMs?.max ?? null],
    ['rpoMs.max.objective', strictestMax(objectives, 'rpoMs')],
    ['rtoMs', figures.rtoMs],
    ['rtoMs.objective', strictestMax(objectives, 'rtoMs')],
    ['lostWrites', figures.lostWrites],
    ['acknowledgedWrites', figures.acknowledgedWrites],
    ...(drill.failures ?? []).map(({ class: whose, code, fix }): [string, string] => [
      `failure.${whose}`,
      `${code}: ${fix}`,
    ]),
    ['repeat', result.repeatCommand],
  ];
}

/** `attached`: files of the run to look at where the case is bad, from the folder of `junit.xml`. */
function testcase(
  { name, verdict, message, text: body }: Case,
  classname: string,
  attached: readonly string[],
  durationMs: number,
): string[] {
  const open = `    <testcase classname="${text(classname)}" name="${text(name)}" time="${seconds(durationMs)}"`;
  if (verdict === 'pass') return [`${open}/>`];
  const element = verdict === 'fail' ? 'failure' : 'error';
  const files = attached.map((file) => `[[ATTACHMENT|${file}]]`).join('\n');
  return [
    `${open}>`,
    `      <${element} message="${text(message.replaceAll(/\s+/g, ' '))}">${text(body)}</${element}>`,
    `      <system-out>${text(files)}</system-out>`,
    '    </testcase>',
  ];
}

function totals(cases: readonly Case[]): string {
  const count = (wanted: Verdict): number => cases.filter(({ verdict }) => verdict === wanted).length;
  return `tests="${cases.length}" failures="${count('fail')}" errors="${count('inconclusive')}" skipped="0"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function utc(iso: string): string {
  return iso.replace(/(\.\d+)?Z$/, '');
}

/** ANSI sequences and what XML 1.0 has no place for are left out; in attributes line breaks survive as references. */
function text(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(ANSI, '')
    .replaceAll(NOT_XML, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;');
}

// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
/** Control characters but tab and line breaks, and two that are no characters. */
const NOT_XML = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu;
