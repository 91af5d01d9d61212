import { describe, expect, it } from 'vitest';
import { smallScenario } from '../workload/fleet-fixture.ts';
import { hookName } from '../fleet/hooks.ts';
import { planDrill } from './plan.ts';

const busy = smallScenario({
  fleet: { realms: 20, appsPerRealm: 4, rowsPerApp: { min: 50, max: 2000 }, idleShare: 0.25 },
  workload: { duration: '25s', writers: 3, newRealms: 3, newApps: 5, deletedRealms: 2, deletedApps: 4 },
});

describe('planDrill', () => {
  it('draws the same plan for the same seed, and another for another', () => {
    expect(planDrill(busy, 1)).toEqual(planDrill(busy, 1));
    expect(planDrill(busy, 2).planDigest).not.toBe(planDrill(busy, 1).planDigest);
    expect(JSON.parse(JSON.stringify(planDrill(busy, 1)))).toEqual(planDrill(busy, 1));
  });

  it('gives every realm and app a slug by the rules of RustBaas, once', () => {
    const { databases, changes } = planDrill(busy, 3);
    const slugs = [...databases, ...changes]
      .flatMap(({ realm, app }) => [realm, app])
      .filter((slug) => slug !== null);
    for (const slug of slugs) expect(slug).toMatch(/^(?=.{2,50}$)(?!master$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    expect(new Set(databases.map(({ path }) => path)).size).toBe(databases.length);
    expect(databases).toHaveLength(1 + 20 + 80);
  });

  it('has no writer without an app to write to', () => {
    for (const [realms, appsPerRealm, idleShare] of [
      [1, 1, 0.2],
      [3, 1, 0.5],
      [6, 2, 0.7],
    ] as const) {
      const few = smallScenario({
        fleet: { realms, appsPerRealm, rowsPerApp: { min: 5, max: 50 }, idleShare },
        workload: { duration: '5s', writers: 4 },
      });
      for (let seed = 0; seed < 20; seed++) {
        const { databases, writers } = planDrill(few, seed);
        const busyApps = databases.filter(({ kind, idle }) => kind === 'app' && !idle);
        const atWork = new Set(busyApps.map(({ writer }) => writer));
        expect(atWork).toEqual(new Set(Array.from({ length: writers }, (_, index) => index)));
      }
    }
  });

  it('leaves each realm to one writer, and those that come or go to the owner of system.db', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { databases, changes } = planDrill(busy, seed);
      const owners = new Map<string, number>();
      for (const { realm, writer } of databases) {
        if (realm !== null) expect(owners.set(realm, owners.get(realm) ?? writer).get(realm)).toBe(writer);
      }
      expect(databases[0]).toMatchObject({ path: 'system.db', writer: 0 });
      expect(new Set(owners.values())).toEqual(new Set([0, 1, 2]));
      for (const { kind, realm, writer } of changes) {
        expect(writer).toBe(kind.endsWith('-realm') ? 0 : (owners.get(realm) ?? 0));
      }
    }
  });

  it('carries out what it plans before the disaster, apps after their realm, and touches nothing idle', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { databases, changes, killAfterMs, durationMs } = planDrill(busy, seed);
      expect(killAfterMs).toBeGreaterThanOrEqual(15_000);
      expect(killAfterMs).toBeLessThanOrEqual(durationMs);
      expect(changes).toHaveLength(14);
      const created = new Map<string, number>();
      const idle = new Set(databases.filter((planned) => planned.idle).map(({ path }) => path));
      expect(databases.filter(({ kind, idle }) => kind === 'app' && idle)).toHaveLength(20);
      for (const { kind, realm, app, atMs } of changes) {
        expect(atMs).toBeGreaterThan(0);
        expect(atMs).toBeLessThan(killAfterMs);
        if (kind === 'new-realm') created.set(realm, atMs);
        else expect(databases.some((planned) => planned.realm === realm) || created.has(realm)).toBe(true);
        expect(idle.has(`realms/${realm}/realm.db`)).toBe(false);
        if (kind === 'delete-app') expect(idle.has(`realms/${realm}/apps/${app}/data.db`)).toBe(false);
      }
    }
  });

  it('makes apps elsewhere from seeded ones of their realm that stay, in turn, and shifts nothing where all are created', () => {
    const newAppsBy = ['created', 'renamed', 'copied'] as const;
    const mixed = smallScenario({ ...busy, workload: { ...busy.workload, newApps: 6, newAppsBy } });
    for (let seed = 0; seed < 50; seed++) {
      const { databases, changes, killAfterMs } = planDrill(mixed, seed);
      const gone = new Set(
        changes.flatMap(({ kind, realm, app }) => (kind === 'delete-app' ? `${realm}/${app}` : [])),
      );
      const births = changes.filter(({ birth }) => birth !== undefined);
      const ways = births.map(({ birth }) => birth?.by ?? 'created').toSorted();
      expect(ways).toEqual(['copied', 'copied', 'renamed', 'renamed']);
      for (const { realm, birth, atMs } of births) {
        expect(atMs).toBeLessThan(killAfterMs * 0.4);
        const source = `${realm}/${birth?.from}`;
        expect(databases.some((one) => `${one.realm}/${one.app}` === source)).toBe(true);
        expect(gone.has(source)).toBe(false);
        expect(changes.some((one) => one.kind === 'delete-realm' && one.realm === realm)).toBe(false);
      }
    }
    const bare = smallScenario({
      fleet: { realms: 1, appsPerRealm: 1 },
      workload: { newApps: 1, newAppsBy: ['renamed'], deletedApps: 1 },
    });
    expect(() => planDrill(bare, 1)).toThrow('seeded apps that stay');
  });

  it('plans live edits of hooks before the disaster, some of them new ones, and shifts nothing else', () => {
    const edited = smallScenario({ ...busy, hooks: { perApp: 3, liveEdits: 8 } });
    const plan = planDrill(edited, 5);
    const edits = plan.changes.filter(({ kind }) => kind === 'edit-hook');
    expect(edits).toHaveLength(8);
    expect(plan.changes.map(({ atMs }) => atMs)).toEqual(
      plan.changes.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
    );
    for (const { realm, app, atMs } of edits) {
      expect(atMs).toBeLessThan(plan.killAfterMs);
      expect(plan.databases.some(({ path }) => path === `realms/${realm}/apps/${app}/data.db`)).toBe(true);
    }
    expect(new Set(edits.map(({ name }) => name)).size).toBeGreaterThan(1);
    expect(edits.filter(({ name }) => name === hookName(3))).toHaveLength(2);
    const without = planDrill(smallScenario({ ...busy, hooks: { perApp: 3 } }), 5);
    expect(plan.changes.filter(({ kind }) => kind !== 'edit-hook')).toEqual(without.changes);
    expect(plan.databases).toEqual(without.databases);
  });

  it('deals page sizes out in turn, gives every app the features and one that lives the bulk, and shifts nothing else', () => {
    const shapes = { pageBytes: [512, 8192], features: ['fts5'], bulkMb: 3 };
    const plain = planDrill(busy, 5);
    for (let seed = 0; seed < 10; seed++) {
      const shaped = planDrill(smallScenario({ ...busy, fleet: { ...busy.fleet, shapes } }), seed);
      const apps = shaped.databases.filter(({ kind }) => kind === 'app');
      expect(apps.map(({ pageBytes }) => pageBytes)).toEqual(apps.map((_, index) => [512, 8192][index % 2]));
      expect(apps.every(({ features }) => features?.join() === 'fts5')).toBe(true);
      const [large, ...others] = apps.filter(({ bulkMb }) => bulkMb !== undefined);
      expect(others).toEqual([]);
      expect(large?.idle).toBe(false);
      const gone = shaped.changes.filter(({ kind }) => kind.startsWith('delete-'));
      expect(gone.some(({ realm, app }) => realm === large?.realm && [large.app, null].includes(app))).toBe(
        false,
      );
      if (seed !== 5) continue;
      const without = { pageBytes: undefined, features: undefined, bulkMb: undefined };
      expect(shaped.databases.map((planned) => ({ ...planned, ...without }))).toEqual(plain.databases);
    }
  });

  it('takes a fixed instant as it is, and a share of 60 % as the earliest random one', () => {
    const fixed = smallScenario({ workload: { duration: '10s' }, disaster: { kind: 'host-loss', at: '7s' } });
    expect(planDrill(fixed, 1).killAfterMs).toBe(7000);
    const late = smallScenario({ disaster: { kind: 'host-loss', at: 'random', earliest: '11s' } });
    expect(() => planDrill(late, 1)).toThrow('after 11000 ms');
  });

  it('refuses changes that the fleet is too small for', () => {
    const scenario = smallScenario({ workload: { deletedRealms: 4 } });
    expect(() => planDrill(scenario, 1)).toThrow('workload.deletedRealms asks for 4, but there are only 3');
    const nowhere = smallScenario({ fleet: { realms: 0 }, workload: { newApps: 1 } });
    expect(() => planDrill(nowhere, 1)).toThrow('workload.newApps');
  });

  it('sizes apps by rank or evenly, between the limits', () => {
    expect(sizes('zipf').slice(0, 3)).toEqual([1000, 500, 333]);
    expect(sizes('zipf').at(-1)).toBe(20);
    expect(sizes('uniform')[25]).toBeGreaterThan(300);
  });
});

function sizes(skew: string): number[] {
  const fleet = { realms: 10, appsPerRealm: 5, rowsPerApp: { min: 20, max: 1000, skew } };
  return planDrill(smallScenario({ fleet }), 1)
    .databases.filter(({ kind }) => kind === 'app')
    .map(({ rows }) => rows)
    .toSorted((a, b) => b - a);
}
