import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../evidence.ts';
import { databaseIn, evidenceWith, finding, KILL_US, greenRun } from '../../judge/green-evidence.ts';
import { judgeRun } from '../../judge/judge.ts';
import type { Result } from '../../result.ts';
import { renderHtml } from './page.ts';

const SHOP = 'realms/acme/apps/shop/data.db';
const HOSTILE = '<script>alert(1)</script>"\'`&\u202e';

function resultOf(change: (evidence: Evidence) => void): Result {
  const evidence = evidenceWith((green) => {
    green.acknowledgements = {
      fromUs: KILL_US - 10_000_000,
      spanUs: 1_000_000,
      counts: Array.from({ length: 10 }, () => 30),
    };
    change(green);
  });
  return judgeRun([evidence], { ...greenRun([evidence]), environment: { cpu: HOSTILE, cpus: 2 } });
}

const green = (): void => undefined;

const DATA = /<script type="application\/json" id="result">([^]*?)<\/script>/;

/** The page as a reader sees it: a browser shows no data and runs none. */
function withoutData(page: string): string {
  return page.replace(DATA, '');
}

describe('the page', () => {
  it('needs neither script nor network', () => {
    const page = renderHtml(resultOf(green));
    expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    expect(withoutData(page)).not.toMatch(/<script|<link|<img|https?:|url\(|@import| on\w+=/i);
  });

  it('says verdict, figures, and how to repeat', () => {
    const page = renderHtml(
      resultOf((evidence) => {
        const shop = databaseIn(evidence, SHOP);
        Object.assign(shop, { lostWriteAgesMs: [4200, 10], acknowledged: 102 });
        evidence.subjectUse = { looks: 30, longestGapMs: 1000, rssBytes: 812 * 2 ** 20, openFiles: 5213 };
        evidence.storeRequests = [
          { role: 'writer', method: 'PUT', count: 1234, refused: 1, failed: 2, faulted: 3, bytes: 5 },
        ];
        const window = { phase: 'load', fromMs: 100, toMs: 1e9 } as const;
        evidence.faults.push({ id: 'outage', engaged: true, count: 3, window });
        evidence.faults.push({ id: 'idle', engaged: false, count: 0, window });
        shop.verified?.findings.push(finding('content', SHOP, 3));
      }),
    );
    expect(page).toContain('<span class="verdict fail">fail</span>');
    expect(page).toContain('worst: realms/acme/apps/shop/data.db, 4.2 s');
    expect(page).toContain('<b>812 MB</b><span class="note">the most under load; 5,213 open files</span>');
    expect(page).toContain('3 planted');
    expect(page).toContain('npm run drill -- --scenario=tiny --seed=42');
    for (const chart of [
      'Timeline of the drill',
      'RPO of every database',
      'Stages of the recovery',
      'Restores in time',
      'Acknowledged and restored writes',
      'Requests to the store',
    ]) {
      expect(page).toContain(chart);
    }
    // Only what took effect, and no longer than the host lived.
    expect(page).toContain('<title>fault outage: ');
    expect(page).not.toContain('fault idle');
    expect(page).toContain('writer PUT');
    // A table beside every chart.
    expect(page.match(/<figure>/g)?.length).toBe(page.match(/as a table/g)?.length);
  });

  it('calls a figure bad by the verdict on its objective, and by nothing else', () => {
    const page = (...expressions: string[]) =>
      renderHtml(
        resultOf((evidence) => {
          Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [4200], acknowledged: 101 });
          evidence.scenario.objectives = expressions.map((expression, line) => ({ expression, line }));
        }),
      );
    const BAD_RPO = '<div class="figure bad"><span class="name">RPO</span>';
    expect(page('rpoMs max <= 4200')).not.toContain(BAD_RPO);
    expect(page('rpoMs max < 4200')).toContain(BAD_RPO);
    expect(page('rpoMs max < 9000', 'rpoMs p95 < 4000')).toContain(BAD_RPO);
  });

  it('has a place for every database and check that can be told from its name, and links that lead there', () => {
    const page = renderHtml(
      resultOf((evidence) => {
        const shop = databaseIn(evidence, SHOP);
        Object.assign(shop, { lostWriteAgesMs: [4200], acknowledged: 101 });
        shop.verified?.findings.push(finding('content', SHOP, 3));
        evidence.databases.push({ ...shop, path: 'realms/a b/ü~.db', lostWriteAgesMs: [10] });
      }),
    );
    expect(page).toContain('<div id="drill-tiny/realms/acme/apps/shop/data.db"');
    expect(page).toContain('<div id="drill-tiny/realms/a~20b/~fc~7e.db"');
    expect(page).toContain('id="drill-tiny/check/content"');
    const links = [...page.matchAll(/<a href="#([^"]*)">/g)].map(([, to = '']) => to);
    for (const to of links) expect(page).toContain(` id="${to}"`);
    const caption = /<figcaption>RPO of every database[^]*?<\/figcaption>/.exec(page)?.[0];
    expect(caption).toContain(`<a href="#drill-tiny/${SHOP}">${SHOP}</a>`);
    const slowest = /slowest restores[^]*?<\/table>/.exec(page)?.[0];
    expect(slowest).toContain(`<a href="#drill-tiny/${SHOP}">`);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the databases in what is a table to those who cannot see it, by its roles', () => {
    const page = renderHtml(resultOf(green));
    const fleet = page.slice(page.indexOf('role="table" aria-label="Databases of tiny"'));
    const [head = '', ...rows] = fleet
      .slice(0, fleet.indexOf('</section>'))
      .split(/(?=<div[^>]* role="row")/)
      .slice(1);
    expect(rows).toHaveLength(3);
    expect(head.match(/<span/g)).toHaveLength(9);
    expect(head.match(/<span role="columnheader"/g)).toHaveLength(9);
    for (const row of rows) {
      expect(row.match(/<span role="cell"/g)).toHaveLength(9);
    }
  });

  it('says which database lost most of what was lost in one place', () => {
    const result = resultOf(green);
    const at = (wal: number) => ({ unreachable: 0, staged: 0, wal, nowhere: 0, unclear: 0 });
    const page = renderHtml({
      ...result,
      scenarios: result.scenarios.map((one) => ({
        ...one,
        lostAt: at(9),
        databases: one.databases.map((database) => ({
          ...database,
          lostAt: at(database.path === SHOP ? 8 : 1),
        })),
      })),
    });
    expect(page).toContain(`<td>8 of <a href="#drill-tiny/${SHOP}">${SHOP}</a></td>`);
  });

  it('names what took effect without an instant of its own beside the timeline', () => {
    const page = renderHtml(
      resultOf((evidence) => {
        evidence.faults.push({ id: 'hole', engaged: true, count: 3 });
        evidence.faults.push({ id: 'mirror', engaged: false, count: 0 });
      }),
    );
    const beside = /<\/figure><p class="note">Took effect in a phase of its own[^<]*/.exec(page)?.[0];
    expect(beside).toContain(': hole.');
    expect(renderHtml(resultOf(green))).not.toContain('Took effect in a phase');
  });

  it('tells how the supervisor ended that was told to, and of other faults nothing', () => {
    const page = renderHtml(
      resultOf((evidence) => {
        const orderedStops = [{ tookMs: 80, exitCode: null, signal: 'SIGTERM' }];
        evidence.faults.push({ id: 'ended', engaged: true, count: 1, orderedStops });
        evidence.faults.push({ id: 'hole', engaged: true, count: 1 });
      }),
    );
    expect(page).toContain('<td>80 ms after SIGTERM (SIGTERM)</td>');
    expect(renderHtml(resultOf(green))).not.toContain('the supervisor had ended');
  });

  it('lets no text become markup', () => {
    const page = renderHtml(
      resultOf((evidence) => {
        evidence.scenario.title = HOSTILE;
        evidence.subject.supervisor = HOSTILE;
        evidence.store.version = HOSTILE;
        evidence.timeline.push({ phase: HOSTILE, startUs: 0, endUs: 5 });
        evidence.faults.push({ id: HOSTILE, engaged: true, count: 1 });
        const shop = databaseIn(evidence, SHOP);
        shop.path = HOSTILE;
        shop.verified?.findings.push({ ...finding('content', HOSTILE), detail: HOSTILE });
      }),
    );
    expect(withoutData(page)).not.toContain('<script');
    expect(page).not.toContain('\u202e');
    expect(page).toContain('&lt;script&gt;');
  });

  it('holds the result as data, once, whatever the texts in it are', () => {
    const result = resultOf((evidence) => {
      evidence.scenario.title = `${HOSTILE}</script><!--\u2028\u2029\u{e0001}`;
    });
    const page = renderHtml(result);
    expect(JSON.parse(DATA.exec(page)?.[1] ?? '')).toEqual(JSON.parse(JSON.stringify(result)));
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<\/script/g)).toHaveLength(1);
    expect(page).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|<!--/u);
  });

  it('says where the result is when it is too large to be in the page as well', () => {
    const small = resultOf(green);
    const page = renderHtml({ ...small, environment: { cpu: 'x'.repeat(1_000_001) } });
    expect(page).not.toMatch(DATA);
    expect(page).toContain('The result as data is in result.json beside this page.');
    expect(renderHtml(small)).not.toContain('The result as data');
  });

  it('shows how drills of its kind went before, and leaves a gap where nothing was measured', () => {
    const result = resultOf(green);
    const earlier = [
      { runId: 'a', startedAt: '2026-11-01T00:00:00Z', verdict: 'fail', rpoMs: 9000, rtoMs: 1000 },
      { runId: 'b', startedAt: '2026-11-02T00:00:00Z', verdict: 'inconclusive', rpoMs: null, rtoMs: null },
      { runId: 'c', startedAt: HOSTILE, verdict: 'pass', rpoMs: 10, rtoMs: 900 },
    ] as const;
    expect(renderHtml(result)).not.toContain('Trend');
    const page = renderHtml({
      ...result,
      scenarios: result.scenarios.map((one) => ({ ...one, earlier: [...earlier] })),
    });
    expect(page).toContain('RPO of the last 4 runs');
    expect(page).toContain('2026-11-01T00:00:00Z: fail, RPO 9.0 s');
    expect(page.match(/class="point pass"/g)).toHaveLength(4);
    expect(page.match(/class="point fail"/g)).toHaveLength(2);
    expect(page).not.toContain('class="point inconclusive"');
    expect(withoutData(page)).not.toMatch(/NaN|undefined|<script/);
    expect(page.match(/<figure>/g)?.length).toBe(page.match(/as a table/g)?.length);
  });

  it('shows a drill of which nothing could be measured', () => {
    const page = renderHtml(
      resultOf((evidence) => {
        evidence.kill = null;
        evidence.databases = [];
        delete evidence.acknowledgements;
        evidence.harnessFaults.push({ code: 'DRILL_E_TIMEOUT', phase: 'seed', message: 'too slow' });
      }),
    );
    expect(page).toContain('<span class="verdict inconclusive">inconclusive</span>');
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('stays below 3 MB with a thousand databases', () => {
    const page = renderHtml(
      resultOf((evidence) => {
        const shop = databaseIn(evidence, SHOP);
        for (let index = 0; index < 1000; index++) {
          const path = `realms/a-realm-with-a-long-name-${index}/apps/and-an-app/data.db`;
          evidence.databases.push({ ...shop, path, lostWriteAgesMs: [index * 7] });
        }
      }),
    );
    expect(page.length).toBeLessThan(3_000_000);
    expect(page).not.toMatch(/NaN|undefined/);
  });
});
