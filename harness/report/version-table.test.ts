import { expect, it } from 'vitest';
import { databaseIn, evidenceWith, finding } from '../judge/green-evidence.ts';
import { judge } from '../judge/judge.ts';
import { versionTable } from './version-table.ts';

const SHOP = 'realms/acme/apps/shop/data.db';

function run(version: string, lostAgesMs: readonly number[], hole = false) {
  return judge(
    evidenceWith((evidence) => {
      evidence.subject.litestream.version = version;
      const shop = databaseIn(evidence, SHOP);
      shop.lostWriteAgesMs = [...lostAgesMs];
      if (hole) shop.verified?.findings.push(finding('contiguity', SHOP));
    }),
  );
}

it('tells every version in one line, over all its runs', () => {
  const table = versionTable([
    run('0.5.14', [900]),
    run('0.5.14', [1100, 20], true),
    run('0.5.17', []),
    judge(
      evidenceWith((evidence) => {
        evidence.subject.litestream.version = '0.5.17';
        evidence.harnessFaults.push({ code: 'DRILL_E_STORE_UNREACHABLE', phase: 'load', message: 'gone' });
      }),
    ),
  ]);
  expect(table.split('\n').slice(2)).toEqual([
    '| 0.5.14 | 3.45.1 | 2 | 900 ms / 1.1 s | 1 to 2 | 1 of 2 runs, 1 database | none | 1.6 s | 1 pass, 1 fail |',
    '| 0.5.17 | 3.45.1 | 2 | 0 ms | 0 | none | none | 1.6 s | 1 pass, 1 inconclusive |',
  ]);
});
