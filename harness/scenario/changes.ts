import { DrillError } from '../errors.ts';
import { appPath, realmPath } from '../fleet/layout.ts';
import { randomFor } from '../random.ts';
import type { Random } from '../random.ts';
import { appNames } from './names.ts';
import type { TenantName } from './names.ts';
import type { Scenario } from './schema.ts';

/** Something that comes or goes during the load. */
export interface PlannedChange {
  readonly kind: 'new-realm' | 'new-app' | 'delete-realm' | 'delete-app' | 'edit-hook';
  /** After the start of the load. */
  readonly atMs: number;
  readonly realm: string;
  /** null for realms. */
  readonly app: string | null;
  /** Display name of what is created, file name of a hook; empty for deletions. */
  readonly name: string;
  /** Of a new app; absent: it is created in its place. */
  readonly birth?: BirthElsewhere;
  /** Index of the writer process that does it. */
  readonly writer: number;
}

/** An app is made elsewhere, and its folder put into place. */
export interface BirthElsewhere {
  readonly by: Exclude<Scenario['workload']['newAppsBy'][number], 'created'>;
  /** The seeded app of the same realm that it is a copy of. */
  readonly from: string;
}

export interface Realm extends TenantName {
  readonly apps: readonly TenantName[];
}

interface ChangeInputs {
  readonly workload: Scenario['workload'];
  readonly killAfterMs: number;
  readonly realms: readonly Realm[];
  /** Names for the realms to come. */
  readonly newRealms: readonly TenantName[];
  readonly seed: number;
}

interface PlannedChanges {
  readonly changes: readonly Omit<PlannedChange, 'writer'>[];
  /** Paths of seeded databases that a change writes to: they cannot be idle. */
  readonly touched: ReadonlySet<string>;
  /** Realms that only the owner of system.db can handle. */
  readonly pinned: ReadonlySet<string>;
}

/** The changes fall between these shares of the time to the disaster, so that every planned one can happen. */
const FIRST_SHARE = 0.05;
const LAST_SHARE = 0.95;
/** What is made elsewhere comes sooner: an unlucky seed would have all of it excused as young, and show nothing. */
const ELSEWHERE_SHARE = 0.4;

/** An instant for a change. */
export function drawInstant(
  random: Random,
  killAfterMs: number,
  earliestMs = 0,
  lastShare = LAST_SHARE,
): number {
  const fromMs = Math.max(killAfterMs * FIRST_SHARE, earliestMs);
  return Math.round((fromMs + random.float() * (killAfterMs * lastShare - fromMs)) * 1000) / 1000;
}

/** Draws which realms and apps come and go, and when. */
export function planChanges(inputs: ChangeInputs): PlannedChanges {
  const { workload, realms, newRealms, killAfterMs, seed } = inputs;
  const random = randomFor(seed, 'changes');
  const instant = (earliestMs = 0, lastShare = LAST_SHARE): number =>
    drawInstant(random, killAfterMs, earliestMs, lastShare);
  const deletedRealms = draw(
    workload.deletedRealms,
    realms,
    random,
    'workload.deletedRealms',
    'seeded realms',
  );
  const staying = realms.filter((realm) => !deletedRealms.includes(realm));
  const seededApps = staying.flatMap((realm) =>
    realm.apps.map((app) => ({ realm: realm.slug, app: app.slug })),
  );
  const deletedApps = draw(
    workload.deletedApps,
    seededApps,
    random,
    'workload.deletedApps',
    'seeded apps in realms that stay',
  );
  const created = newRealms.map((realm) => ({
    kind: 'new-realm' as const,
    atMs: instant(),
    realm: realm.slug,
    app: null,
    name: realm.name,
  }));
  const hosts = [...staying.map((realm) => seededHost(realm, deletedApps)), ...created.map(newHost)];
  const changes = [
    ...created,
    ...drawNewApps(workload, hosts, random, instant),
    ...deletedApps.map((place) => ({ kind: 'delete-app' as const, atMs: instant(), ...place, name: '' })),
    ...deletedRealms.map((realm) => ({
      kind: 'delete-realm' as const,
      atMs: instant(),
      realm: realm.slug,
      app: null,
      name: '',
    })),
  ];
  return {
    changes: changes.toSorted((a, b) => a.atMs - b.atMs),
    touched: new Set([
      ...changes.map((change) => realmPath(change.realm)),
      ...deletedApps.map((place) => appPath(place.realm, place.app)),
      ...deletedRealms.flatMap((realm) => realm.apps.map((app) => appPath(realm.slug, app.slug))),
    ]),
    pinned: new Set([...newRealms, ...deletedRealms].map((realm) => realm.slug)),
  };
}

/** A realm in which apps can come into being. */
interface Host {
  readonly slug: string;
  readonly taken: Set<string>;
  /** Apps that are there all the time: others can be made from them. */
  readonly apps: readonly string[];
  readonly fromMs: number;
}

function seededHost(realm: Realm, deleted: readonly { realm: string; app: string }[]): Host {
  const gone = new Set(deleted.filter((place) => place.realm === realm.slug).map(({ app }) => app));
  const taken = slugs(realm);
  return { slug: realm.slug, taken, apps: [...taken].filter((slug) => !gone.has(slug)), fromMs: 0 };
}

function newHost({ realm, atMs }: { realm: string; atMs: number }): Host {
  return { slug: realm, taken: new Set(), apps: [], fromMs: atMs };
}

function drawNewApps(
  { newApps, newAppsBy }: Scenario['workload'],
  hosts: readonly Host[],
  random: Random,
  instant: (earliestMs: number, lastShare?: number) => number,
): Omit<PlannedChange, 'writer'>[] {
  const parents = hosts.filter(({ apps }) => apps.length > 0);
  if (newApps > 0 && hosts.length === 0) throw impossible('workload.newApps', 1, 'realms that stay', 0);
  if (newApps > 0 && parents.length === 0 && newAppsBy.some((by) => by !== 'created'))
    throw impossible('workload.newAppsBy', 1, 'seeded apps that stay, to make others from', 0);
  return Array.from({ length: newApps }, (_, index) => {
    const by = newAppsBy[index % newAppsBy.length] ?? 'created';
    const host = random.pick(by === 'created' ? hosts : parents);
    const [app] = appNames(1, host.taken, random);
    return {
      kind: 'new-app',
      ...(by === 'created' ? {} : { birth: { by, from: random.pick(host.apps) } }),
      atMs: by === 'created' ? instant(host.fromMs) : instant(0, ELSEWHERE_SHARE),
      realm: host.slug,
      app: app?.slug ?? '',
      name: app?.name ?? '',
    };
  });
}

function slugs(realm: Realm): Set<string> {
  return new Set(realm.apps.map((app) => app.slug));
}

function draw<T>(count: number, from: readonly T[], random: Random, key: string, what: string): T[] {
  if (count > from.length) throw impossible(key, count, what, from.length);
  const left = [...from];
  return Array.from({ length: count }, () => left.splice(random.int(0, left.length - 1), 1)[0] as T);
}

function impossible(key: string, count: number, what: string, there: number): DrillError {
  return new DrillError('DRILL_E_SCENARIO_INVALID', {
    what: `${key} asks for ${count}, but there are only ${there} ${what}.`,
    why: 'The fleet of this scenario is too small for what its workload is to do.',
    fix: `Lower ${key}, or raise fleet.realms or fleet.appsPerRealm.`,
    exit: 2,
  });
}
