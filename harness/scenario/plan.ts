import { createHash } from 'node:crypto';
import { DrillError } from '../errors.ts';
import { FIRST_COLLECTION, OTHER_COLLECTIONS } from '../fleet/collection-templates.ts';
import { appPath, realmPath, SYSTEM_PATH } from '../fleet/layout.ts';
import type { DatabaseKind } from '../fleet/layout.ts';
import { randomFor } from '../random.ts';
import type { Random } from '../random.ts';
import { planChanges } from './changes.ts';
import type { PlannedChange } from './changes.ts';
import { planHookEdits } from './hook-edits.ts';
import { appNames, realmNames } from './names.ts';
import { durationMs } from './schema.ts';
import type { Scenario } from './schema.ts';
import type { Feature } from './shapes.ts';

/** One database that is there before the host starts. */
export interface PlannedDatabase {
  /** Relative to data_dir. */
  readonly path: string;
  readonly kind: DatabaseKind;
  readonly realm: string | null;
  readonly app: string | null;
  /** Display name of the realm or app. */
  readonly name: string;
  /** Rows to seed, all of RustBaas' tables together. What a database of its kind must have comes on top. */
  readonly rows: number;
  /** No write touches it. */
  readonly idle: boolean;
  /** Index of the writer process that owns it. */
  readonly writer: number;
  /** Collections of an app: ids of templates. Empty for the other kinds. */
  readonly collections: readonly string[];
  /** Page size of the file; absent: SQLite's default. */
  readonly pageBytes?: number;
  /** The tables that its user made besides the collections; absent: none. */
  readonly features?: readonly Feature[];
  /** So much of it is the user's archive; absent: it has none. */
  readonly bulkMb?: number;
}

/** Shares of the writes to the records of an app. */
export type RecordMix = NonNullable<Scenario['workload']['recordMix']>;

/** Everything a drill is going to do, drawn from scenario and seed alone. JSON all the way down. */
export interface Plan {
  readonly scenario: string;
  readonly seed: number;
  /** system.db, then each realm followed by its apps. */
  readonly databases: readonly PlannedDatabase[];
  /** Realms and apps that come and go during the load, in time. */
  readonly changes: readonly PlannedChange[];
  /** Size that a record is filled up to; absent: as long as its words. */
  readonly recordBytes?: number;
  /** The only writes that apps see, in these shares; absent: the ordinary mix. */
  readonly recordMix?: RecordMix;
  /** Pages of the WAL at which a writer checkpoints by itself, 0: never; absent: as RustBaas does. */
  readonly walAutocheckpointPages?: number;
  readonly writers: number;
  /** Over the whole fleet. */
  readonly writesPerSecond: number;
  /** Longest time under load. */
  readonly durationMs: number;
  /** Sizes of blobs, seeded and uploaded. */
  readonly blobBytes: { readonly min: number; readonly max: number };
  /** Size of the largest value of `large-blobs`; absent: no app has that feature. */
  readonly largeBlobBytes?: number;
  readonly hooksPerApp: number;
  /** The disaster, after the start of the load; the latest instant for it when it waits for something to be seen. */
  readonly killAfterMs: number;
  /** SHA-256 over all of the above as canonical JSON. */
  readonly planDigest: string;
}

/** Where a random disaster begins when the scenario does not say: late enough that much is at stake. */
const EARLIEST_SHARE = 0.6;

/** Draws the plan. Pure: the same scenario and seed give the same plan on every machine. */
export function planDrill(scenario: Scenario, seed: number): Plan {
  const { fleet, workload } = scenario;
  const killAfterMs = drawKill(scenario, seed);
  const names = realmNames(fleet.realms + workload.newRealms, randomFor(seed, 'realm-names'));
  const realms = names.slice(0, fleet.realms).map((name) => {
    const apps = appNames(fleet.appsPerRealm, new Set(), randomFor(seed, `app-names/${name.slug}`));
    return { ...name, apps };
  });
  const planned = planChanges({ workload, killAfterMs, realms, newRealms: names.slice(fleet.realms), seed });
  const hookEdits = planHookEdits({ hooks: scenario.hooks, killAfterMs, realms, seed });
  const apps = drawApps(scenario, seed, realms, planned.touched);
  const writerCount = busyWriters(realms, apps, planned.pinned, workload.writers);
  const writers = assignWriters(realms, apps, planned.pinned, writerCount);
  const writerOf = (realm: string): number => writers.get(realm) ?? 0;
  const idleRealm = (realm: string): boolean =>
    !planned.touched.has(realmPath(realm)) &&
    apps.some((app) => app.realm === realm) &&
    apps.every((app) => app.realm !== realm || app.idle);
  const sizes = randomFor(seed, 'tenant-rows');
  const databases: PlannedDatabase[] = [
    { ...system(fleet.realms), writer: 0 },
    ...realms.flatMap((realm) => [
      {
        path: realmPath(realm.slug),
        kind: 'realm' as const,
        realm: realm.slug,
        app: null,
        name: realm.name,
        rows: 20 + 4 * realm.apps.length + sizes.int(0, 30),
        idle: idleRealm(realm.slug),
        writer: writerOf(realm.slug),
        collections: [],
      },
      ...apps
        .filter((app) => app.realm === realm.slug)
        .map((app) => ({ ...app, writer: writerOf(realm.slug) })),
    ]),
  ];
  const plan = {
    scenario: scenario.id,
    seed,
    databases,
    changes: [...planned.changes, ...hookEdits]
      .toSorted((a, b) => a.atMs - b.atMs)
      .map((change) => ({ ...change, writer: writerOf(change.realm) })),
    ...(fleet.recordBytes === undefined ? {} : { recordBytes: fleet.recordBytes }),
    ...(workload.recordMix === undefined ? {} : { recordMix: workload.recordMix }),
    ...(workload.walAutocheckpointPages === undefined
      ? {}
      : { walAutocheckpointPages: workload.walAutocheckpointPages }),
    writers: writerCount,
    writesPerSecond: workload.writesPerSecond,
    durationMs: durationMs(workload.duration),
    blobBytes: scenario.blobs.sizeBytes,
    ...(fleet.shapes?.features.includes('large-blobs') === true
      ? { largeBlobBytes: fleet.shapes.largeBlobBytes }
      : {}),
    hooksPerApp: scenario.hooks.perApp,
    killAfterMs,
  };
  return { ...plan, planDigest: createHash('sha256').update(canonicalJson(plan)).digest('hex') };
}

/** The first instant at which the disaster can come, in ms after the start of the load. */
export function earliestKillMs({ disaster, workload }: Scenario): number {
  if (disaster.at === 'first-sync') return 0;
  if (disaster.at === 'upload-stall') return durationMs(disaster.uploadStall?.for ?? '0s');
  if (disaster.at !== 'random') return durationMs(disaster.at);
  if (disaster.earliest !== undefined) return durationMs(disaster.earliest);
  return durationMs(workload.duration) * EARLIEST_SHARE;
}

/** The instant of the disaster, to the microsecond, so that the middle of a transaction can be hit. */
function drawKill(scenario: Scenario, seed: number): number {
  const { disaster, workload } = scenario;
  const duration = durationMs(workload.duration);
  if (disaster.at === 'first-sync' || disaster.at === 'upload-stall') return duration;
  const fixed = disaster.at === 'random' ? null : durationMs(disaster.at);
  const earliest = earliestKillMs(scenario);
  if ((fixed ?? earliest) > duration) {
    throw new DrillError('DRILL_E_SCENARIO_INVALID', {
      what: `The disaster comes after ${fixed ?? earliest} ms, but the load lasts ${duration} ms.`,
      why: 'A host that is killed after its last write has nothing left to lose, so nothing would be measured.',
      fix: 'Raise workload.duration, or lower disaster.at or disaster.earliest.',
      exit: 2,
    });
  }
  if (fixed !== null) return fixed;
  const drawn = earliest + randomFor(seed, 'disaster').float() * (duration - earliest);
  return Math.round(drawn * 1000) / 1000;
}

function system(realms: number): Omit<PlannedDatabase, 'writer'> {
  return {
    path: SYSTEM_PATH,
    kind: 'system',
    realm: null,
    app: null,
    name: 'system',
    rows: 40 + 3 * realms,
    idle: false,
    collections: [],
  };
}

interface Realm {
  readonly slug: string;
  readonly name: string;
  readonly apps: readonly { readonly slug: string; readonly name: string }[];
}

type App = Omit<PlannedDatabase, 'writer'>;

/** The seeded apps with their sizes, collections, and which of them stay idle. */
function drawApps(
  { fleet }: Scenario,
  seed: number,
  realms: readonly Realm[],
  touched: ReadonlySet<string>,
): App[] {
  const places = realms.flatMap((realm) => realm.apps.map((app) => ({ realm: realm.slug, app })));
  const rows = drawRows(places.length, fleet.rowsPerApp, randomFor(seed, 'app-rows'));
  const paths = places.map(({ realm, app }) => appPath(realm, app.slug));
  const free = shuffled(
    paths.filter((path) => !touched.has(path)),
    randomFor(seed, 'idle'),
  );
  const idle = new Set(free.slice(0, Math.round(fleet.idleShare * paths.length)));
  const random = randomFor(seed, 'collections');
  // One that is written to, and that is there at the end.
  const isBusy = (index: number): boolean =>
    !idle.has(paths[index] ?? '') && !touched.has(paths[index] ?? '');
  const largest = rows.reduce((best, count, index) => {
    if (isBusy(index) !== isBusy(best)) return isBusy(index) ? index : best;
    return count > (rows[best] ?? 0) ? index : best;
  }, 0);
  return places.map(({ realm, app }, index) => {
    const path = appPath(realm, app.slug);
    const count = rows[index] ?? 0;
    const others = shuffled(OTHER_COLLECTIONS, random).slice(
      0,
      count < 100 ? random.int(1, 2) : random.int(2, 5),
    );
    return {
      path,
      kind: 'app',
      realm,
      app: app.slug,
      name: app.name,
      rows: count,
      idle: idle.has(path),
      collections: [FIRST_COLLECTION, ...others],
      ...shapeOf(fleet.shapes, index, index === largest),
    };
  });
}

/** Page sizes are dealt out in turn, features go to every app, the bulk to the largest that is written to. */
function shapeOf(
  shapes: Scenario['fleet']['shapes'],
  index: number,
  isLargest: boolean,
): Pick<App, 'pageBytes' | 'features' | 'bulkMb'> {
  if (shapes === undefined) return {};
  const { pageBytes = [], features, bulkMb } = shapes;
  const own = pageBytes[index % pageBytes.length];
  return {
    ...(own === undefined ? {} : { pageBytes: own }),
    ...(features.length === 0 ? {} : { features }),
    ...(bulkMb === undefined || !isLargest ? {} : { bulkMb }),
  };
}

/** Sizes of `count` apps. zipf: the largest has `max`, the n-th largest max / n, none less than `min`. */
function drawRows(count: number, rows: Scenario['fleet']['rowsPerApp'], random: Random): number[] {
  const least = Math.min(rows.min, rows.max);
  if (rows.skew === 'uniform') return Array.from({ length: count }, () => random.int(least, rows.max));
  const sizes = Array.from({ length: count }, (_, rank) =>
    Math.max(least, Math.round(rows.max / (rank + 1))),
  );
  return shuffled(sizes, random);
}

function hasBusyApp(realm: string, apps: readonly App[]): boolean {
  return apps.some((app) => app.realm === realm && !app.idle);
}

/** As many writers as there is work for: one that owns no app that is written to would leave its share of the load undone. */
function busyWriters(
  realms: readonly Realm[],
  apps: readonly App[],
  pinned: ReadonlySet<string>,
  wanted: number,
): number {
  const busy = realms.filter(({ slug }) => hasBusyApp(slug, apps));
  const free = busy.filter(({ slug }) => !pinned.has(slug)).length;
  return Math.max(1, Math.min(wanted, free + (busy.length > free ? 1 : 0)));
}

/**
 * Which writer owns which realm. Realms that come or go belong to writer 0, because it owns system.db, where their
 * rows are; the others go to whoever has the fewest busy apps.
 */
function assignWriters(
  realms: readonly Realm[],
  apps: readonly App[],
  pinned: ReadonlySet<string>,
  writers: number,
): ReadonlyMap<string, number> {
  const load = Array.from({ length: writers }, () => 0);
  const busy = (realm: string): number => 1 + apps.filter((app) => app.realm === realm && !app.idle).length;
  const assigned = new Map<string, number>();
  const assign = (realm: string, writer: number): void => {
    assigned.set(realm, writer);
    load[writer] = (load[writer] ?? 0) + busy(realm);
  };
  for (const realm of pinned) assign(realm, 0);
  // Those with work first: a writer that has got idle realms alone would have none.
  const idleLast = realms.toSorted(
    (a, b) => Number(hasBusyApp(b.slug, apps)) - Number(hasBusyApp(a.slug, apps)),
  );
  for (const { slug } of idleLast) {
    if (!assigned.has(slug)) assign(slug, load.indexOf(Math.min(...load)));
  }
  return assigned;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.int(0, last);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** JSON with sorted keys and no spaces: the same value has one text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
