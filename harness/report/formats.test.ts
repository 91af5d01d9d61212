import { describe, expect, it } from 'vitest';
import { databaseIn, evidenceWith, finding, greenRun } from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import type { Evidence } from '../evidence.ts';
import type { Result } from '../result.ts';
import { githubAnnotations, githubOutputs } from './github.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { renderMetrics } from './prometheus.ts';
import { type Successes, successesIn } from './series.ts';

/** No run before this one. */
const NONE: Successes = new Map();

const SHOP = 'realms/acme/apps/shop/data.db';
const HOSTILE = 'a<b>&"\'`|:,%\r\n]]>\u001b[31m\u0000::error::x';

function resultOf(...changes: ((evidence: Evidence) => void)[]): Result {
  const evidences = changes.map((change, index) =>
    evidenceWith((evidence) => {
      evidence.drillId = `drill-${index + 1}`;
      change(evidence);
    }),
  );
  return judgeRun(evidences, greenRun(evidences));
}

/** As a figure that is worse than before, or evidence that was changed, makes it. */
function spoilt(result: Result, verdict: Result['verdict']): Result {
  return { ...result, verdict, reason: 'not the run that it was' };
}

const green = (): void => undefined;
function red(evidence: Evidence): void {
  databaseIn(evidence, SHOP).verified?.findings.push(finding('content', SHOP, 3));
}
function open(evidence: Evidence): void {
  evidence.harnessFaults.push({ code: 'DRILL_E_STORE_UNREACHABLE', phase: 'restore', message: 'gone' });
}
function hostile(evidence: Evidence): void {
  evidence.scenario.title = HOSTILE;
  evidence.subject.supervisor = HOSTILE;
  evidence.subjectFailures.push({ code: 'x', message: HOSTILE });
  evidence.scenario.file = 'scenarios/a:b,c%.yaml';
}

function attributes(xml: string, element: string): string[] {
  return [...xml.matchAll(new RegExp(`<${element} ([^>]*)>`, 'g'))].map(([, found = '']) => found);
}

describe('junit', () => {
  it('calls what was judged bad a failure, what could not be judged an error, and adds up', () => {
    const xml = renderJunit(resultOf(green, red, open));
    expect(attributes(xml, 'testsuite')).toEqual([
      expect.stringContaining('name="drill-1" tests="18" failures="0" errors="0" skipped="0"'),
      expect.stringContaining('name="drill-2" tests="18" failures="1" errors="0" skipped="0"'),
      expect.stringContaining('name="drill-3" tests="18" failures="0" errors="1" skipped="0"'),
    ]);
    expect(attributes(xml, 'testsuites')[0]).toContain('tests="54" failures="1" errors="1" skipped="0"');
    expect(xml.match(/<failure /g)).toHaveLength(1);
    expect(xml.match(/<error /g)).toHaveLength(1);
    expect(xml).toContain('timestamp="2026-11-01T00:00:00"');
  });

  it('is one assertion for a negative control: that it was caught', () => {
    const control = (evidence: Evidence): void => {
      evidence.scenario.expect = 'fail';
      evidence.scenario.mustFail = ['content'];
    };
    const caught = renderJunit(
      resultOf((evidence) => {
        control(evidence);
        red(evidence);
      }),
    );
    expect(caught).toContain('tests="1" failures="0"');
    expect(renderJunit(resultOf(control))).toContain('tests="1" failures="1"');
  });

  it('has the objectives and the versions beside what was measured', () => {
    const result = resultOf((evidence) => {
      evidence.scenario.objectives = [
        { expression: 'rpoMs max <= 4200', line: 1 },
        { expression: 'lostWrites == 0', line: 3 },
      ];
    });
    const properties = attributes(renderJunit(result), 'property');
    expect(properties).toContain('name="rpoMs.max" value="0"/');
    expect(properties).toContain('name="rpoMs.max.objective" value="4200"/');
    expect(properties).toContain('name="drill" value="0.1.0"/');
    expect(properties).toContain('name="sqlite" value="3.45.1"/');
    expect(properties.filter((property) => property.includes('rtoMs.objective'))).toEqual([]);
    expect(attributes(renderJunit(resultOf(green)), 'property')).toContain(
      'name="rtoMs.objective" value="120000"/',
    );
  });

  it('has cases whose time adds up to that of their suite', () => {
    const control = (evidence: Evidence): void => {
      evidence.scenario.expect = 'fail';
      evidence.scenario.mustFail = ['content'];
      red(evidence);
    };
    for (const suite of renderJunit(resultOf(green, red, control))
      .split('<testsuite ')
      .slice(1)) {
      const [whole = 0, ...cases] = [...suite.matchAll(/ time="([\d.]+)"/g)].map(([, time]) => Number(time));
      expect(whole).toBeGreaterThan(0);
      expect(cases.reduce((sum, time) => sum + time, 0)).toBeCloseTo(whole, 3);
    }
  });

  it('attaches the evidence of its drill to what is bad, once a case, and nothing to what is good', () => {
    const xml = renderJunit(resultOf(green, red, open));
    const bad = [...xml.matchAll(/<testcase [^>]*[^/]>([^]*?)<\/testcase>/g)].map(([, body = '']) => body);
    expect(bad).toHaveLength(2);
    for (const [index, body] of bad.entries()) {
      expect(body.match(/<system-out>[^<]*<\/system-out>/g)).toEqual([
        `<system-out>[[ATTACHMENT|evidence/drill-${index + 2}/evidence.json]]&#10;[[ATTACHMENT|report.html]]</system-out>`,
      ]);
    }
    expect(xml.match(/ATTACHMENT/g)).toHaveLength(4);
  });

  it('stays XML whatever the names are', () => {
    const xml = renderJunit(resultOf(hostile));
    // eslint-disable-next-line no-control-regex -- control characters are what this looks for
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
    expect(xml.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
    expect(xml).toContain('a&lt;b&gt;&amp;&quot;');
  });

  it('is not green when no drill ran', () => {
    expect(renderJunit(resultOf())).toContain('errors="1"');
  });

  it('has a failure for a run that failed, also where its drills have nothing worse than an error', () => {
    const xml = renderJunit(spoilt(resultOf(green, open), 'fail'));
    expect(attributes(xml, 'testsuite').at(-1)).toContain('name="run" tests="1" failures="1"');
    expect(attributes(xml, 'testsuites')[0]).toContain('failures="1" errors="1"');
  });
});

describe('markdown', () => {
  it('says verdict and figures first, then what went wrong', () => {
    const text = renderMarkdown(resultOf(green, red));
    expect(text.split('\n')[0]).toBe('## ❌ fail');
    expect(text).toContain('| drill\\-1 |'.replace('\\-', '-'));
    expect(text.match(/<details/g)).toHaveLength(1);
    expect(text).toContain('3 planted');
  });

  it('has what the subject held, where it was looked at', () => {
    const rows = renderMarkdown(
      resultOf(green, (evidence) => {
        evidence.subjectUse = { looks: 30, longestGapMs: 1000, rssBytes: 812 * 2 ** 20, openFiles: 5213 };
      }),
    );
    expect(rows).toMatch(/^\| drill-1 .*\| – \|$/m);
    expect(rows).toMatch(/^\| drill-2 .*\| 812 MB, 5,213 open files \|$/m);
  });

  it('has the objective beside RPO and RTO, and says where there is none', () => {
    const rows = renderMarkdown(
      resultOf(green, (evidence) => {
        evidence.scenario.objectives = [
          { expression: 'rpoMs max <= 4200', line: 1 },
          { expression: 'rpoMs p95 < 900', line: 2 },
          { expression: 'lostWrites == 0', line: 3 },
        ];
      }),
    );
    expect(rows).toContain('| drill | Litestream | store | verdict | RPO / objective | RTO / objective |');
    expect(rows).toMatch(/^\| drill-1 .*\| 0 ms \/ 15\.0 s \| 1\.6 s \/ 2 min \|/m);
    expect(rows).toMatch(/^\| drill-2 .*\| 0 ms \/ 4\.2 s \| 1\.6 s \/ – \|/m);
  });

  it('shows every objective of a drill that did not pass', () => {
    const text = renderMarkdown(
      resultOf((evidence) => {
        Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [4200], acknowledged: 101 });
        evidence.scenario.objectives = [
          { expression: 'rpoMs max < 4200', line: 7 },
          { expression: 'rtoMs < 120000', line: 8 },
        ];
      }),
    );
    expect(text).toContain('| objective | verdict | measured | from |');
    expect(text).toContain('| `rpoMs max < 4200` | fail | 4,200 | `scenarios/tiny.yaml:7` |');
    expect(text).toContain('| `rtoMs < 120000` | pass | 1,600 | `scenarios/tiny.yaml:8` |');
  });

  it('keeps hostile text in its cell', () => {
    const text = renderMarkdown(resultOf(hostile));
    expect(text).not.toContain('a<b>');
    const rows = text.split('\n').filter((row) => row.startsWith('| drill-1'));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.match(/(?<!\\)\|/g)).toHaveLength(10);
  });

  it('stays below what a job summary may be', () => {
    const text = renderMarkdown(
      resultOf(
        ...Array.from({ length: 60 }, () => (evidence: Evidence): void => {
          evidence.subjectFailures.push({ code: 'x', message: 'y'.repeat(20_000) });
        }),
      ),
    );
    expect(new TextEncoder().encode(text).length).toBeLessThan(1_000_000);
    expect(text).toContain('Cut here');
  });
});

describe('metrics', () => {
  it('has one HELP and TYPE a metric, base units, and no value for what was not measured', () => {
    const text = renderMetrics(resultOf(green, open), NONE);
    const names = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(text).toMatch(/^drill_rto_seconds\{[^}]*\} 1\.6$/m);
    expect(text).toMatch(/^drill_verdict\{[^}]*verdict="inconclusive"\} 1$/m);
    expect(renderMetrics(resultOf(), NONE)).not.toContain('drill_rpo_seconds{');
  });

  it('has what the subject held, in base units, where it was looked at', () => {
    const text = renderMetrics(
      resultOf((evidence) => {
        evidence.subjectUse = { looks: 30, longestGapMs: 1000, rssBytes: 812 * 2 ** 20, openFiles: 5213 };
      }),
      NONE,
    );
    expect(text).toMatch(/^drill_subject_resident_bytes\{[^}]*\} 851443712$/m);
    expect(text).toMatch(/^drill_subject_open_files\{[^}]*\} 5213$/m);
    expect(renderMetrics(resultOf(green), NONE)).not.toContain('drill_subject_');
  });

  it('carries the last success over, and renews it on a pass alone', () => {
    const first = renderMetrics(resultOf(green), NONE);
    const success = /^drill_last_success_timestamp_seconds\{.*$/m;
    expect(success.exec(first)?.[0]).toMatch(/ 1793491290$/);
    const later = { ...resultOf(red), startedAt: '2026-11-02T00:00:00.000Z' };
    expect(success.exec(renderMetrics(later, successesIn(first)))?.[0]).toBe(success.exec(first)?.[0]);
    expect(renderMetrics(later, NONE)).not.toMatch(success);
  });

  it('shows a run that is no pass although its drills are, and takes it for no success', () => {
    const first = renderMetrics(resultOf(green), NONE);
    expect(first).toMatch(/^drill_run_verdict\{verdict="pass"\} 1$/m);
    const success = /^drill_last_success_timestamp_seconds\{.*$/m;
    for (const verdict of ['fail', 'inconclusive'] as const) {
      const later = { ...spoilt(resultOf(green), verdict), startedAt: '2026-11-02T00:00:00.000Z' };
      const text = renderMetrics(later, successesIn(first));
      expect(text).toContain(`drill_run_verdict{verdict="${verdict}"} 1`);
      expect(text).toContain('drill_run_verdict{verdict="pass"} 0');
      expect(success.exec(text)?.[0]).toBe(success.exec(first)?.[0]);
    }
    // A drill that failed takes nothing from another one that passed.
    const two = resultOf(red, (evidence) => void (evidence.scenario.id = 'other'));
    expect(success.exec(renderMetrics(two, NONE))?.[0]).toContain('scenario="other"');
  });

  it('takes no drill of a run with a gap, or that is worse than before, for a success, whatever became of the others', () => {
    const other = (evidence: Evidence): void => void (evidence.scenario.id = 'other');
    const success = /^drill_last_success_timestamp_seconds\{.*$/m;
    for (const bad of [open, red]) {
      const evidences = [green, bad].map((change, index) =>
        evidenceWith((evidence) => {
          evidence.drillId = `drill-${index + 1}`;
          if (index === 1) other(evidence);
          change(evidence);
        }),
      );
      const run = greenRun(evidences);
      const metrics = (info: Partial<typeof run>): string =>
        renderMetrics(judgeRun(evidences, { ...run, ...info }), NONE);
      expect(metrics({})).toMatch(success);
      expect(metrics({ gaps: [], regressions: [] })).toMatch(success);
      expect(metrics({ gaps: ['evidence.json is not as it was saved'] })).not.toMatch(success);
      expect(metrics({ regressions: ['tiny: RTO 1 ms → 9 ms'] })).not.toMatch(success);
      expect(metrics({ reporterFailures: ['console: broken'] })).not.toMatch(success);
      expect(metrics({ drills: [...run.drills, 'lost'] })).not.toMatch(success);
    }
  });

  it('leaves the figures of a negative control out, which are what was planted, and keeps its verdict', () => {
    const versionOf = (version: string, change: (evidence: Evidence) => void) => (evidence: Evidence) => {
      evidence.subject.litestream.version = version;
      Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [10], acknowledged: 101 });
      change(evidence);
    };
    const control = versionOf('0.5.6', (evidence) => {
      evidence.scenario.expect = 'fail';
      evidence.scenario.mustFail = ['objectives'];
      Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [90_000], acknowledged: 101 });
    });
    const figures = /^drill_(rpo|rto|lost)\w*\{/m;
    const alone = renderMetrics(resultOf(control), NONE);
    expect(alone).not.toMatch(figures);
    expect(alone).toMatch(/^drill_verdict\{[^}]*verdict="pass"\} 1$/m);
    expect(alone).toMatch(/^drill_last_success_timestamp_seconds\{/m);
    expect(alone).toMatch(/^drill_phase_duration_seconds\{/m);
    // Of one line, and so of one series.
    const both = renderMetrics(resultOf(versionOf('0.5.17', green), control), NONE);
    expect(both).toMatch(/^drill_rpo_seconds\{[^}]*\} 0\.01$/m);
    expect(both).toMatch(/^drill_rpo_budget_seconds\{/m);
    expect(both).toMatch(/^drill_lost_writes\{[^}]*\} 1$/m);
  });

  it('escapes labels', () => {
    const text = renderMetrics(
      resultOf((evidence) => {
        evidence.subject.litestream.version = 'a"b\\c\nd';
      }),
      NONE,
    );
    expect(text).toContain('litestream="a\\"b\\\\c\\nd"');
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) |drill_\w+\{.*\} [\d.]+$)/);
  });
});

describe('GitHub', () => {
  it('annotates the objective of every drill that did not pass, worst first', () => {
    const lines = githubAnnotations(resultOf(green, open, red))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^::error file=scenarios\/tiny.yaml,line=\d+,title=drill drill-3%3A fail::/);
    expect(lines[1]).toMatch(/^::warning file=/);
  });

  it('has an error for a run that failed, also where its drills have nothing worse than a warning', () => {
    expect(githubAnnotations(spoilt(resultOf(green, open), 'fail'))).toMatch(
      /^::error title=drill%3A fail::not the run that it was$/m,
    );
    expect(githubAnnotations(resultOf(green, open))).not.toContain('::error');
  });

  it('lets no text out of its command', () => {
    const text = githubAnnotations(resultOf(hostile));
    expect(text.trimEnd().split('\n')).toHaveLength(1);
    expect(text).toContain('file=scenarios/a%3Ab%2Cc%25.yaml');
    expect(githubOutputs(resultOf(green), 'a\nverdict=pass').split('\n')).toHaveLength(4);
  });
});
