import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScenarioResult } from '../result.ts';
import { type Ended, type ExternalRig, openExternalRig, resultOf } from './external-rig.ts';
import { dropping, LIES, type Lying, startLyingStore } from './lying-store.ts';
import { openS3 } from './s3-client.ts';

/** A store that is somebody else's, as a user names it in the environment. Everything is real but what a test plants. */
let rig: ExternalRig;

beforeAll(async () => {
  rig = await openExternalRig();
});
afterAll(async () => rig[Symbol.asyncDispose]());

const SMOKE = ['--scenario=smoke', '--store=external', '--seed=1', '--json'];

function drillOf(ended: Ended): ScenarioResult {
  return resultOf(ended).scenarios[0] as ScenarioResult;
}

function failed({ checks }: ScenarioResult): string[] {
  return checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
}

/** Every text that a run left or printed. */
function everything({ outputDir, stdout, stderr }: Ended): string {
  const files = readdirSync(outputDir, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  return [stdout, stderr, ...files.map((e) => readFileSync(join(e.parentPath, e.name), 'latin1'))].join('\n');
}

describe('a sound store', () => {
  it('passes in a prefix of its own, says who answered and what could not be checked, and tells no secret', async () => {
    const neighbour = openS3(rig.store.writer);
    await neighbour.put('somebody/else', 'kept');
    const ended = await rig.run(SMOKE, rig.environment());
    const drill = drillOf(ended);
    expect(drill.verdict).toBe('pass');
    expect(ended.exitCode).toBe(0);
    expect(drill.store).toMatchObject({
      kind: 'external',
      endpoint: rig.store.writer.endpoint,
      clockSkewMs: 0,
    });
    expect(drill.store.address).toBe('127.0.0.1');
    const detail = (id: string) => drill.checks.find((check) => check.id === id)?.detail;
    expect(detail('no-late-uploads')).toContain('told by comparing listings');
    expect(detail('clean-host')).toContain('was not checked: the store keeps no log');
    expect((await rig.store.observer.list('')).map(({ key }) => key)).toEqual(['somebody/else']);
    const told = everything(ended);
    expect(told).not.toContain(rig.store.writer.secretAccessKey);
    expect(told).not.toContain(rig.store.recovery.secretAccessKey);
    await neighbour.remove(['somebody/else']);
    neighbour.close();
  });

  it('refuses a prefix in which something else lies, and leaves it alone', async () => {
    const neighbour = openS3(rig.store.writer);
    await neighbour.put('mine/system.db/generations/x', 'kept');
    const ended = await rig.run(SMOKE, { ...rig.environment(), DRILL_S3_PREFIX: 'mine' });
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toContain('the prefix "mine/" of the bucket drill is not empty');
    expect((await rig.store.observer.list('')).map(({ key }) => key)).toEqual([
      'mine/system.db/generations/x',
    ]);
    await neighbour.remove(['mine/system.db/generations/x']);
    neighbour.close();
  });

  it('starts nothing when the environment does not say where it is', async () => {
    const endpoint = `${rig.store.writer.endpoint}/minio`;
    const ended = await rig.run(SMOKE, { ...rig.environment(endpoint), DRILL_S3_BUCKET: '' });
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(/DRILL_S3_ENDPOINT: .*goes on after the host: \/minio/);
    expect(ended.stderr).toContain('DRILL_S3_BUCKET is not set');
    expect(readdirSync(ended.outputDir)).toEqual([]);
  });
});

describe('a store that lies', () => {
  it('is found before anything is seeded', async () => {
    await using liar = await startLyingStore(
      rig.store.writer.endpoint ?? '',
      LIES['lists without CommonPrefixes'],
    );
    const ended = await rig.run(SMOKE, rig.environment(liar.endpoint));
    expect(ended.exitCode).toBe(3);
    const drill = drillOf(ended);
    expect(drill.verdict).toBe('inconclusive');
    expect(drill.reason).toMatch(/otherwise than S3.*CommonPrefixes/);
    expect(drill.fleet.databases).toBe(0);
    expect(await rig.store.observer.list('')).toEqual([]);
  });

  it('red: it acknowledges a segment in the middle of a database and drops it', async () => {
    const segments: string[] = [];
    const isDropped = (path: string): boolean => {
      if (!/billing\/data\.db\/generations\/\w+\/wal\//.test(path)) return false;
      segments.push(path);
      return segments.length === 4;
    };
    await using liar = await startLyingStore(rig.store.writer.endpoint ?? '', dropping(isDropped));
    const scenario = join(rig.folder, 'longer.yaml');
    writeFileSync(
      scenario,
      [
        'id: longer',
        'title: Long enough for a loss to be older than the objective',
        'tier: smoke',
        'fleet: { realms: 1, appsPerRealm: 3, rowsPerApp: { min: 20, max: 150 } }',
        'supervisor: { replicateIntervalSec: 1 }',
        'workload: { writesPerSecond: 100, duration: 8s }',
        'disaster: { kind: host-loss, at: 8s }',
        'objectives: ["rpoMs max < 3000", "rtoMs < 60000", "lostWritesBeyondRpo == 0"]',
      ].join('\n'),
    );
    const args = [`--scenario=${scenario}`, ...SMOKE.slice(1)];
    const ended = await rig.run(args, rig.environment(liar.endpoint));
    expect(liar.lied).toEqual([segments[3]]);
    expect(segments.length).toBeGreaterThan(5);
    const drill = drillOf(ended);
    // What SQLite makes of the hole is chance (a short database, a torn one, a realm that misses its rows); whose it is and
    // what it costs is not.
    expect(failed(drill)).toContain('objectives');
    const red = drill.databases.filter(({ verdict }) => verdict === 'fail').map(({ path }) => path);
    expect(red).toContainEqual(expect.stringContaining('billing/data.db'));
    expect(drill.verdict).toBe('fail');
    expect(ended.exitCode).toBe(1);
  });

  it('red: something of the dead host uploads once more, seen in the listings', async () => {
    const { writer, recovery } = rig.store;
    const survivor = openS3(writer);
    let late: Promise<void> | null = null;
    const lying: Lying = {
      // The first read of the recovery: the host is dead, the new one does not live yet.
      afterwards: ({ path, method, headers }) => {
        const isRecovery = headers.authorization?.includes(recovery.accessKeyId) === true;
        if (isRecovery && method === 'GET' && path.includes('/snapshots/'))
          late ??= survivor.put(`${path.slice('/drill/'.length)}.late`, 'from a process that was not killed');
        return null;
      },
    };
    await using liar = await startLyingStore(writer.endpoint ?? '', lying);
    const ended = await rig.run(SMOKE, rig.environment(liar.endpoint));
    survivor.close();
    expect(late).not.toBeNull();
    const drill = drillOf(ended);
    expect(failed(drill)).toEqual(['no-late-uploads']);
    expect(drill.checks.find(({ id }) => id === 'no-late-uploads')?.actual).toMatch(
      /PUT .*\.late, seen \d+ ms/,
    );
    expect(ended.exitCode).toBe(1);
  });
});

describe('TLS with a CA of its own', () => {
  it('says what is missing, and works when it is given to us and to Litestream', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'drill test' }], {
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    const ca = join(rig.folder, 'ca.pem');
    writeFileSync(ca, cert);
    await using secure = await startLyingStore(rig.store.writer.endpoint ?? '', {}, { key, cert });
    const env = rig.environment(secure.endpoint);
    const unknown = await rig.run(SMOKE, env);
    expect(unknown.exitCode).toBe(3);
    expect(unknown.stderr).toMatch(/certificate is not accepted: it is signed by itself/);
    expect(unknown.stderr).toMatch(/do: .*NODE_EXTRA_CA_CERTS.*SSL_CERT_FILE/);
    const known = await rig.run(SMOKE, { ...env, NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: ca });
    expect(drillOf(known)).toMatchObject({ verdict: 'pass', store: { endpoint: secure.endpoint } });
    expect(known.exitCode).toBe(0);
  });
});
