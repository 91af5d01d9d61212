import { cp, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunbookEvidence } from '../evidence/runbook.ts';
import { databaseKind } from '../fleet/layout.ts';
import { type RunningHost, startHost, toldExit } from '../host/host.ts';
import { subjectEnvironment } from '../host/subject.ts';
import { lastLitestream } from '../planned-drill.ts';
import { commandsBeyondPage, pageCommands, type RunbookCommand } from '../recovery/runbook-commands.ts';
import { type Fence, openFence } from '../recovery/runbook-fence.ts';
import { unsoundness } from '../recovery/soundness.ts';
import { durationMs } from '../scenario/schema.ts';
import type { Store } from '../store/store.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';

const NAME = 'runbook';
const WORDS = 400;
type Ran = RunbookEvidence['commands'][number];

/** A fresh host on which the page is followed, inside a fence. */
interface Site {
  readonly drill: DrillContext;
  readonly store: Store;
  readonly host: RunningHost;
  readonly fence: Fence;
  /** Folder that data/ lies in. */
  readonly folder: string;
  readonly ran: Ran[];
}

/**
 * Does what the documented page says under "Restoring", step by step and to the letter, on a fresh host with what the page
 * tells an operator to set, and notes what comes of it. It comes last, when all measurements have been taken, and changes no
 * verdict: the fleet was brought back by `drill restore`.
 */
export async function followThePage(drill: DrillContext, store: Store): Promise<void> {
  const { paths, resources, order, found } = drill;
  const databases = [...(found.ledger?.databases.values() ?? [])]
    .filter(({ deletedUs }) => deletedUs === null)
    .map(({ path }) => path)
    .toSorted(parentsFirst);
  const host = resources.use(await startHost(paths.runbookHost));
  await symlink(lastLitestream(order).path, join(host.paths.binDir, 'litestream'));
  const fence = resources.use(await openFence(store.recovery.endpoint));
  const bucket = { name: store.recovery.bucket, prefix: store.prefix, endpoint: fence.endpoint };
  const ran: Ran[] = [];
  const page: Site = { drill, store, host, fence, folder: join(host.paths.folder, 'page'), ran };
  await mkdir(page.folder);
  await type(page, { step: 1, command: 'mkdir data', shell: 'exec mkdir data' });
  await type(page, { step: 2, command: 'litestream version', shell: 'exec litestream version' });
  for (const command of pageCommands(bucket, databases)) await restore(page, command);
  await copyBlobs(page);
  await boot(page, databases);
  for (const command of commandsBeyondPage(bucket, databases, lastLitestream(order).version)) {
    const folder = join(host.paths.folder, command.beyondPage ?? '');
    await mkdir(join(folder, 'data'), { recursive: true });
    await restore({ ...page, folder }, command);
  }
  host.kill();
  found.runbook = { bucket: bucket.name, endpoint: bucket.endpoint, commands: ran };
}

const RANK = { system: 0, realm: 1, app: 2 } as const;

/** system.db, the realms, the apps. */
function parentsFirst(a: string, b: string): number {
  return RANK[databaseKind(a)] - RANK[databaseKind(b)] || (a < b ? -1 : 1);
}

async function restore(
  site: Site,
  { database, beyondPage, command, endpoint }: RunbookCommand,
): Promise<void> {
  const file = join(site.folder, 'data', database);
  const ran = await type(site, { step: 3, command, shell: `exec ${command}`, endpoint });
  const sizeBytes = await stat(file).then(
    ({ size }) => size,
    () => null,
  );
  // Looked at before anything opens the file: SQLite leaves side files of its own.
  const litter = (await readdir(dirname(file)).catch(() => [])).filter((name) =>
    name.startsWith(`${basename(file)}.`),
  );
  const unsound = sizeBytes === null || ran.exitCode !== 0 ? null : await unsoundness(file);
  site.ran[site.ran.length - 1] = { ...ran, database, beyondPage, sizeBytes, unsound, litter };
}

/** Step 4, from the operator's mirror; it is laid out as data_dir. */
async function copyBlobs(site: Site): Promise<void> {
  const { blobMirror } = site.drill.paths;
  await mkdir(blobMirror, { recursive: true });
  await type(site, {
    step: 4,
    command: 'cp -R <your mirror>/. data/',
    shell: `exec cp -R '${blobMirror}/.' data/`,
  });
}

/**
 * Step 5. There is no RustBaas here to start: what it would find is looked at in its stead. It would start in any case, for it
 * makes every database that is not there, empty.
 */
async function boot({ drill, folder, ran }: Site, databases: readonly string[]): Promise<void> {
  const startUs = drill.order.clock.nowUs();
  const copy = join(folder, 'boot');
  // On a copy: looking into a database leaves side files beside it.
  await cp(join(folder, 'data'), copy, { recursive: true });
  const missing: string[] = [];
  for (const database of databases) {
    const reason = await unsoundness(join(copy, database)).catch(() => 'no file');
    if (reason !== null) missing.push(database);
  }
  ran.push({
    ...NOTHING,
    step: 5,
    command: 'systemctl start rustbase',
    missing,
    durationMs: (drill.order.clock.nowUs() - startUs) / 1000,
  });
}

const NOTHING: Ran = {
  step: 1,
  beyondPage: null,
  command: '',
  database: null,
  exitCode: null,
  timedOut: false,
  asked: [],
  sizeBytes: null,
  unsound: null,
  litter: [],
  missing: [],
  words: '',
  durationMs: 0,
};

interface Typed {
  readonly step: number;
  readonly command: string;
  readonly shell: string;
  readonly endpoint?: string | null;
}

/** Runs one command in the site's folder and notes its end. Nothing runs longer than the limit of one restore. */
async function type(site: Site, { step, command, shell, endpoint = null }: Typed): Promise<Ran> {
  const { drill, host, fence, folder, ran } = site;
  const { order, paths, scenario, recorder } = drill;
  const logFile = join(paths.logs, `runbook-${String(ran.length + 1).padStart(2, '0')}.log`);
  const startUs = order.clock.nowUs();
  fence.take();
  host.start({
    name: NAME,
    argv: null,
    shell,
    cwd: folder,
    env: environmentOf(site, endpoint),
    logFile,
    relay: false,
    ledgerFile: null,
  });
  const limit = {
    timeoutMs: durationMs(scenario.recovery.databaseTimeout),
    everyMs: 5,
    signal: order.signal,
  };
  const exit = await waitFor(() => toldExit(host, NAME), limit);
  if (exit === null) {
    host.signal(NAME, 'SIGKILL');
    await waitFor(() => host.exitOf(NAME), { ...limit, timeoutMs: 5000 });
  }
  const done: Ran = {
    ...NOTHING,
    step,
    command,
    exitCode: exit?.exitCode ?? null,
    timedOut: exit === null,
    asked: fence.take(),
    words: await lastWords(logFile),
    durationMs: (order.clock.nowUs() - startUs) / 1000,
  };
  ran.push(done);
  recorder.progress(ran.length, ran.length, 'commands of the page');
  return done;
}

/**
 * What the page tells an operator to set, and PATH and HOME. The rig adds two things: the proxy of its fence, and that no
 * metadata service of a cloud is asked for keys.
 */
function environmentOf({ host, store, fence }: Site, endpoint: string | null): Record<string, string> {
  return {
    ...subjectEnvironment(host.paths, { ...store.recovery, endpoint: endpoint ?? fence.endpoint }),
    AWS_EC2_METADATA_DISABLED: 'true',
    HTTP_PROXY: fence.proxy,
    HTTPS_PROXY: fence.proxy,
  };
}

async function lastWords(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trim().split('\n').at(-1)?.slice(0, WORDS) ?? '';
}
