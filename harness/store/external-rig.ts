import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended as Finished, start } from '../cli-rig.ts';
import type { Result } from '../result.ts';
import { startEmbeddedStore } from './embedded.ts';
import type { Store } from './store.ts';

export interface Ended extends Finished {
  readonly outputDir: string;
}

/** Test support: a store that belongs to nobody's drill, and the program as a user starts it beside it. */
export interface ExternalRig extends AsyncDisposable {
  readonly folder: string;
  readonly store: Store;
  /** The environment of a user whose bucket this is. `endpoint`: another way to it. */
  environment(endpoint?: string): Record<string, string>;
  run(args: readonly string[], env: Record<string, string>): Promise<Ended>;
}

export async function openExternalRig(): Promise<ExternalRig> {
  const folder = mkdtempSync(join(tmpdir(), 'drill-external-'));
  const store = await startEmbeddedStore({ logFile: join(folder, 'requests.ndjson'), prefix: '' });
  const { writer, recovery } = store;
  return {
    folder,
    store,
    environment: (endpoint = writer.endpoint ?? '') => ({
      DRILL_S3_ENDPOINT: endpoint,
      DRILL_S3_BUCKET: writer.bucket,
      AWS_ACCESS_KEY_ID: writer.accessKeyId,
      AWS_SECRET_ACCESS_KEY: writer.secretAccessKey,
      DRILL_S3_RECOVERY_ACCESS_KEY_ID: recovery.accessKeyId,
      DRILL_S3_RECOVERY_SECRET_ACCESS_KEY: recovery.secretAccessKey,
    }),
    run: (args, env) => run(args, env, mkdtempSync(join(folder, 'run-'))),
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function resultOf({ stdout }: Ended): Result {
  return JSON.parse(stdout) as Result;
}

async function run(args: readonly string[], env: Record<string, string>, outputDir: string): Promise<Ended> {
  const { PATH, HOME, DRILL_LITESTREAM_DIR } = process.env;
  const own = { PATH, HOME, ...(DRILL_LITESTREAM_DIR === undefined ? {} : { DRILL_LITESTREAM_DIR }) };
  const { ended } = start([...args, `--output-dir=${outputDir}`], { ...own, ...env });
  return { ...(await ended), outputDir };
}
