import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOrEmpty } from '../cli-rig.ts';
import { systemClock } from '../clock.ts';
import type { OwnCheckRecord } from '../evidence/own-check.ts';
import type { OwnChecksInput } from './input.ts';
import { runOwnCheck } from './run-own-check.ts';

const SHOP = 'shop.db';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-check-'));
  const db = new Database(join(folder, SHOP));
  db.pragma('journal_mode = wal');
  db.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1), (2), (3)');
  db.close();
  const input: OwnChecksInput = {
    restoredDir: folder,
    databases: [
      {
        path: SHOP,
        kind: 'app',
        realm: 'acme',
        app: 'shop',
        recoveryPoint: 3,
        acknowledged: [{ seq: 4, kind: 'record-create', ageMs: 12, restored: false, rows: [] }],
      },
    ],
    missing: ['gone.db'],
  };
  writeFileSync(join(folder, 'input.json'), JSON.stringify(input));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let runs = 0;

async function outcome(
  body: string,
  { timeoutMs = 20_000, signal = new AbortController().signal } = {},
): Promise<OwnCheckRecord> {
  const name = `check-${++runs}`;
  const module = join(folder, `${name}.ts`);
  const define = pathToFileURL(join(import.meta.dirname, '../scenario/define.ts')).href;
  writeFileSync(
    module,
    `import { defineScenario } from '${define}';
     export default defineScenario({ verify: { '${name}': (restored: { databases: unknown }) => { ${body} } } } as never);`,
  );
  return runOwnCheck({
    name,
    module,
    inputFile: join(folder, 'input.json'),
    offered: 1,
    scratchDir: join(folder, 'scratch', name),
    logFile: join(folder, 'own.log'),
    timeoutMs,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    signal,
    clock: systemClock,
  });
}

const COUNT = `const [shop] = restored.databases;
  const found = shop.db.prepare('SELECT count(*) AS n FROM orders').get().n;`;

test('sees the restored rows, what was acknowledged and what is missing', async () => {
  const record = await outcome(`${COUNT}
    return [{ database: shop.path, expected: '4 orders', actual: found + ' orders',
      detail: shop.acknowledged[0].kind + ' ' + restored.missing[0] }];`);
  expect(record).toMatchObject({
    opened: 1,
    error: null,
    findings: [
      {
        database: SHOP,
        expected: '4 orders',
        actual: '3 orders',
        detail: 'record-create gone.db',
        count: 1,
      },
    ],
  });
});

test('cannot change what it looks at', async () => {
  const record = await outcome("restored.databases[0].db.prepare('DELETE FROM orders').run(); return [];");
  expect(record.error).toMatch(/it threw: .*readonly/);
});

test('sees no credential', async () => {
  process.env['AWS_SECRET_ACCESS_KEY'] = 'planted';
  try {
    const record = await outcome(
      `${COUNT} return [{ expected: '', actual: Object.keys(process.env).sort().join() }];`,
    );
    expect(record.findings[0]?.actual).not.toContain('AWS');
  } finally {
    delete process.env['AWS_SECRET_ACCESS_KEY'];
  }
});

test.each([
  ['throws', "throw new Error('no such table');", /^it threw: no such table$/],
  ['rejects', "return Promise.reject(new Error('later'));", /^it threw: later$/],
  ['returns nothing', 'return undefined;', /^it returned no list of findings/],
  ['returns true', 'return true;', /^it returned no list of findings/],
  ['returns half a finding', "return [{ expected: 'all' }];", /^it returned no list of findings: 0.actual/],
  ['ends its process', 'process.exit(0);', /^it ended without an answer: exit code 0$/],
  ['waits for nothing', 'return new Promise(() => undefined);', /^it ended without an answer/],
])('one that %s has no answer', async (_, body, error) => {
  expect(await outcome(body)).toMatchObject({ findings: [], error: expect.stringMatching(error) });
});

test('one that hangs is ended with whatever it has started', async () => {
  const pidFile = join(folder, 'pid');
  const record = await outcome(
    `const child = process.getBuiltinModule('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' });
     process.getBuiltinModule('node:fs').writeFileSync('${pidFile}', String(child.pid));
     for (;;) {}`,
    { timeoutMs: 5000 },
  );
  expect(record.error).toBe('it did not end within 5000 ms');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  // One that nobody has reaped yet is dead all the same.
  await expect.poll(() => readOrEmpty(`/proc/${pid}/stat`)).toMatch(/^$|\) [ZX] /);
});

test('one that the drill is ended before has no answer', async () => {
  expect((await outcome('return [];', { signal: AbortSignal.abort() })).error).toBe(
    'the drill ended before it',
  );
});
