import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { monotonicUs } from '../clock.ts';
import type { DeadHost, KillRecord } from '../host/host.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';
import type { HostUnderTest } from './start-host.ts';
import { strike } from './strike.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-strike-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A disaster on a host, a store and watchers that only note what is asked of them, in which order. */
async function struck(
  blindness: string | null = null,
): Promise<{ readonly order: readonly string[]; readonly settledUs: number | null }> {
  const order: string[] = [];
  const note = (what: string): Promise<void> => {
    order.push(what);
    return Promise.resolve();
  };
  const at = (name: string): string => join(folder, name);
  for (const name of ['ledger', 'host/data', 'config']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('host/rustbase.toml'), '');
  const found = {
    faults: [],
    secondHost: null,
    risingHost: null,
    recovery: {},
    ownFindings: [],
    uploadWatch: {},
    uploadsSettledUs: null as number | null,
  };
  const drill = {
    found,
    scenario: { faults: [] },
    order: { drillId: 'drill', clock: { nowUs: monotonicUs } },
    recorder: { emit: () => undefined, fault: (code: string) => void note(code) },
    paths: { ledger: at('ledger'), deadDisk: at('dead-disk'), host: at('host'), config: at('config') },
  } as unknown as DrillContext;
  const record: KillRecord = { atUs: 1, confirmedUs: 2, killed: [], escaped: [], survivors: [] };
  const dead: DeadHost = {
    record,
    loseDisk: async (to) => {
      void note(`disk lost, uploads ${found.uploadsSettledUs === null ? 'let in' : 'late'}`);
      await rename(at('host/data'), to);
    },
  };
  const host = {
    kill: () => {
      void note('kill');
      return dead;
    },
  };
  const mirror = {
    failure: null,
    mirroredUpToUs: 0,
    [Symbol.asyncDispose]: () => note('mirror stopped'),
  };
  const watch = {
    protectedUs: new Map(),
    sinceUs: new Map(),
    blindness,
    [Symbol.asyncDispose]: () => note('watch stopped'),
  };
  const store = {
    kind: 'embedded',
    prefix: 'prod',
    uploadWatch: 'request-log',
    observer: { list: () => Promise.resolve([]) },
    settle: () => note('settled'),
  } as unknown as Store;
  await strike(drill, { host, watch, mirror } as unknown as HostUnderTest, store);
  return { order, settledUs: found.uploadsSettledUs };
}

it('lets in what was on its way at the kill, and nothing that is sent while it looks after other things', async () => {
  const { order, settledUs } = await struck();
  // The mirror is the operator's own, and reads the disk that is lost.
  expect(order).toEqual(['kill', 'mirror stopped', 'settled', 'watch stopped', 'disk lost, uploads late']);
  expect(settledUs).not.toBeNull();
});

it('says that nobody could see what was protected at the kill', async () => {
  const { order } = await struck('ECONNREFUSED (not for 9.0 s)');
  expect(order).toContain('DRILL_E_STORE_UNREACHABLE');
});
