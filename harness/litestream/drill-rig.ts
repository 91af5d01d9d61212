import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { startEmbeddedStore } from '../store/embedded.ts';
import type { Store, StoreOptions } from '../store/store.ts';
import { type HammerOptions, hammerBody } from './hammer-process.ts';
import type { LitestreamBinary } from './binary.ts';
import type { WatchedDatabase } from './protection.ts';
import { restoreInvocation } from './restore-command.ts';

/** What the drill tests of Litestream and of the supervisor stand on: a folder, a store, writers, a restore with a check. */
export interface Rig {
  readonly folder: string;
  readonly dataDir: string;
  readonly store: Store;
  /** Starts writers, seeded and ready. */
  hammer(options: HammerOptions): Promise<ChildProcess>;
  /** Ends with the rig. */
  track(child: ChildProcess): ChildProcess;
  /** Restores one database and looks at all of it; null: sound, with at least `rows` rows. */
  findDamage(litestream: LitestreamBinary, path: string, rows: number): Promise<string | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openRig(faults?: StoreOptions['faults']): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'drill-rig-'));
  const store = await startEmbeddedStore({
    logFile: join(folder, 'requests.ndjson'),
    prefix: 'prod',
    ...(faults === undefined ? {} : { faults }),
  });
  const children: ChildProcess[] = [];
  const track = (child: ChildProcess): ChildProcess => {
    children.push(child);
    return child;
  };
  let restores = 0;
  return {
    folder,
    dataDir: join(folder, 'data'),
    store,
    track,
    hammer: (options) => startHammer(options, track),
    findDamage: (litestream, path, rows) =>
      findDamage({ litestream, path, rows, store, folder: join(folder, `restore-${restores++}`) }),
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill('SIGKILL');
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** App databases of a fleet below a data directory. */
export function appDatabases(dataDir: string, count: number): WatchedDatabase[] {
  return Array.from({ length: count }, (_, i) => {
    const path = `realms/acme/apps/app-${i}/data.db`;
    return { path, file: join(dataDir, path) };
  });
}

/** Asks again and again, without a limit of its own on the work: a bounded wait for a condition, not a pause. */
export async function until<T>(
  what: string,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  const stopMs = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (performance.now() > stopMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(20);
  }
}

const HAMMER = fileURLToPath(new URL('hammer-process.ts', import.meta.url));

async function startHammer(
  options: HammerOptions,
  track: (child: ChildProcess) => ChildProcess,
): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', HAMMER, JSON.stringify(options)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  track(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the hammer ended with ${code}`)));
  });
  return child;
}

async function findDamage(options: {
  litestream: LitestreamBinary;
  path: string;
  rows: number;
  store: Store;
  folder: string;
}): Promise<string | null> {
  const { litestream, path, rows, store, folder } = options;
  const output = join(folder, 'restored.db');
  const invocation = restoreInvocation({
    litestream: litestream.path,
    line: litestream.line,
    settings: store.recovery,
    prefix: store.prefix,
    path,
    output,
    configPath: `${folder}.yml`,
    env: process.env,
  });
  writeFileSync(`${folder}.yml`, invocation.configText);
  try {
    await promisify(execFile)(invocation.command, [...invocation.args], {
      env: invocation.env,
      timeout: 60_000,
    });
  } catch (error) {
    return `restore failed: ${(error as { stderr?: string }).stderr?.slice(-300)}`;
  }
  if (!existsSync(output)) return 'restore made no file';
  try {
    return damageOf(output, rows);
  } catch (error) {
    return `malformed: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function damageOf(file: string, rows: number): string | null {
  const db = new Database(file);
  try {
    const integrity = db.pragma('integrity_check', { simple: true });
    if (integrity !== 'ok') return `integrity_check: ${String(integrity).slice(0, 120)}`;
    let seq = 0;
    for (const row of db.prepare('SELECT seq, body FROM rows ORDER BY seq').raw().iterate()) {
      const [found, body] = row as [number, string];
      seq++;
      if (found !== seq || body !== hammerBody(seq)) return `row ${seq} is wrong`;
    }
    return seq >= rows ? null : `${seq} rows instead of ${rows}`;
  } finally {
    db.close();
  }
}
