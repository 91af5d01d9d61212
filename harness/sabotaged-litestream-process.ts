/** The wrapper that `sabotaged-litestream.ts` writes: a real Litestream, and then one thing wrong. For tests only. */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import Sqlite from 'better-sqlite3';

const [litestream = '', command = '', ...args] = process.argv.slice(2);
const sabotage = process.env['SABOTAGE'];
const HIDDEN = process.env['HIDDEN'] ?? '';
delete process.env['SABOTAGE'];

if (command === 'restore') restore();
else if (command === 'replicate') replicate();
else passOn();

/** Where the instant stands in the arguments; 0: none is asked for. */
function instantAt(): number {
  return args.indexOf('-timestamp') + 1;
}

/** What is done to restores to an instant, and to no other. */
function spoilInstant(): void {
  const at = instantAt();
  if (at === 0) return;
  if (sabotage === 'instant-ignored') args.splice(at - 1, 2);
  if (sabotage === 'instant-too-early') {
    args[at] = new Date(Date.parse(args[at] ?? '') - 3000).toISOString();
  }
  if (sabotage === 'instant-hangs') {
    spawnSync('sleep', ['3600']);
    process.exit(0);
  }
}

function restore(): void {
  const isInstant = instantAt() > 0;
  spoilInstant();
  const output = args[args.indexOf('-o') + 1] ?? '';
  if (sabotage === 'restore-hangs') {
    spawnSync('sleep', ['3600']);
    process.exit(0);
  }
  if (sabotage === 'restore-fails') {
    process.stderr.write('the wrapper refuses\n');
    process.exit(1);
  }
  if (sabotage?.endsWith('restore-from-a-hidden-copy') === true && existsSync(HIDDEN)) {
    copyBack(output);
    process.exit(0);
  }
  const code = run();
  if (code !== 0) process.exit(code);
  if (sabotage === 'restore-without-file') rmSync(output, { force: true });
  if (sabotage === 'restore-drops-a-row') dropARow(output);
  if (sabotage === 'restore-drops-a-table') dropATable(output);
  if (sabotage === 'restore-swaps-databases') swap(output);
  if (sabotage === 'instant-torn' && isInstant) dropNewestAudit(output);
  process.exit(0);
}

/** One row of the audit log of system.db, from the middle. */
function dropARow(output: string): void {
  const db = new Sqlite(output);
  if (isSystem(db)) {
    db.prepare('DELETE FROM audit_log WHERE id = (SELECT min(id) + 3 FROM audit_log)').run();
  }
  db.close();
  for (const suffix of ['-wal', '-shm']) rmSync(`${output}${suffix}`, { force: true });
}

function dropATable(output: string): void {
  const db = new Sqlite(output);
  if (isSystem(db)) db.exec('DROP TABLE audit_log');
  db.close();
  for (const suffix of ['-wal', '-shm']) rmSync(`${output}${suffix}`, { force: true });
}

/** Every database has an audit log, and its newest row is the latest write's only in some. */
function dropNewestAudit(output: string): void {
  const db = new Sqlite(output);
  db.prepare('DELETE FROM audit_log WHERE id = (SELECT max(id) FROM audit_log)').run();
  db.close();
  for (const suffix of ['-wal', '-shm']) rmSync(`${output}${suffix}`, { force: true });
}

function isSystem(db: Sqlite.Database): boolean {
  return db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'master_admins'").pluck().get() === 1;
}

/** The second app that is restored becomes a copy of the first one: another tenant's data with exit code 0. */
function swap(output: string): void {
  const db = new Sqlite(output);
  const isApp =
    db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = '_collections'").pluck().get() === 1;
  db.close();
  for (const suffix of ['-wal', '-shm']) rmSync(`${output}${suffix}`, { force: true });
  if (!isApp) return;
  const first = `${HIDDEN}-swap.db`;
  if (existsSync(first)) copyFileSync(first, output);
  else copyFileSync(output, first);
}

/** Gives back what `hide` had put aside: every acknowledged write, and none of it from the bucket. */
function copyBack(output: string): void {
  const path = /path: "?prod\/([^"\s]+)/.exec(
    readFileSync(args[args.indexOf('-config') + 1] ?? '', 'utf8'),
  )?.[1];
  const hidden = join(HIDDEN, (path ?? '').replaceAll('/', '__'));
  copyFileSync(hidden, output);
  if (existsSync(`${hidden}-wal`)) copyFileSync(`${hidden}-wal`, `${output}-wal`);
  new Sqlite(output).close();
}

/** Second names, outside the host, for every database file of a live host: they stay when its disk is moved away. */
function hide(): void {
  const dataDir = dirname(args[args.indexOf('-config') + 1] ?? '');
  rmSync(HIDDEN, { recursive: true, force: true });
  mkdirSync(HIDDEN);
  setInterval(() => {
    for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
      if (!/\.db(-wal)?$/.test(entry.name)) continue;
      const file = join(entry.parentPath, entry.name);
      const name = join(HIDDEN, relative(dataDir, file).replaceAll('/', '__'));
      rmSync(name, { force: true });
      linkSync(file, name);
    }
  }, 200);
}

function replicate(): void {
  if (sabotage === 'restore-from-a-hidden-copy') hide();
  if (sabotage === 'second-restore-from-a-hidden-copy') {
    if (existsSync(`${HIDDEN}-life-1`)) hide();
    else mkdirSync(`${HIDDEN}-life-1`);
  }
  if (sabotage === 'uploads-after-the-kill') {
    // A process that leaves the group and hides from /proc as well as it can, and uploads late.
    spawn(process.execPath, ['-e', lateUpload()], {
      detached: true,
      stdio: 'ignore',
      cwd: '/',
      env: {},
    }).unref();
  }
  const child = spawn(litestream, [command, ...args], { stdio: 'inherit' });
  if (sabotage === 'replicate-frozen') setTimeout(() => child.kill('SIGSTOP'), 4000);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}

/** Puts one object once the wrapper, and so the host, is dead for a second. */
function lateUpload(): string {
  const config = readFileSync(args[args.indexOf('-config') + 1] ?? '', 'utf8');
  const endpoint = /endpoint: "?([^"\s]+)/.exec(config)?.[1];
  const bucket = /bucket: "?([^"\s]+)/.exec(config)?.[1];
  const key = process.env['AWS_ACCESS_KEY_ID'];
  return `
    const alive = () => { try { process.kill(${process.pid}, 0); return true; } catch { return false; } };
    const watch = setInterval(() => {
      if (alive()) return;
      clearInterval(watch);
      setTimeout(() => fetch('${endpoint}/${bucket}/prod/late', { method: 'PUT', body: 'late',
        headers: { authorization: 'AWS4-HMAC-SHA256 Credential=${key}/x' } }), 1000);
    }, 20);`;
}

function run(): number {
  return spawnSync(litestream, [command, ...args], { stdio: 'inherit' }).status ?? 1;
}

function passOn(): void {
  process.exit(run());
}
