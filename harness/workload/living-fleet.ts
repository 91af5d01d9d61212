import { appPath, realmPath, SYSTEM_PATH } from '../fleet/layout.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Random } from '../random.ts';

/** An app that comes during the load is as busy as a seeded one of this many rows. */
const NEW_APP_ROWS = 100;
/** Writes that go to an app, to a realm.db, the rest to system.db. */
const APP_SHARE = 0.92;
const REALM_SHARE = 0.07;

/** The databases that one writer may write to now: those it owns, which live, and are not meant to stay idle. */
export class LivingFleet {
  /** Path and weight of the apps that are written to. */
  readonly #apps = new Map<string, number>();
  /** Every realm that exists, with all its apps: also idle ones, which nothing but their removal touches. */
  readonly #realms = new Map<string, { readonly apps: Set<string>; readonly idle: boolean }>();
  readonly #hasSystem: boolean;
  #weights: { readonly paths: readonly string[]; readonly cumulative: readonly number[] } | null = null;
  #realmPaths: readonly string[] | null = null;

  constructor(plan: Plan, writerIndex: number) {
    this.#hasSystem = writerIndex === 0;
    for (const planned of plan.databases) {
      const { realm, app } = planned;
      if (planned.writer !== writerIndex || realm === null) continue;
      if (app === null) this.#realms.set(realm, { apps: new Set(), idle: planned.idle });
      else this.addApp(realm, app, planned.idle ? 0 : planned.rows);
    }
  }

  hasRealm(realm: string): boolean {
    return this.#realms.has(realm);
  }

  hasApp(realm: string, app: string): boolean {
    return this.#realms.get(realm)?.apps.has(app) === true;
  }

  addRealm(realm: string): void {
    this.#realms.set(realm, { apps: new Set(), idle: false });
    this.#realmPaths = null;
  }

  addApp(realm: string, app: string, rows = NEW_APP_ROWS): void {
    this.#realms.get(realm)?.apps.add(app);
    if (rows > 0) this.#apps.set(appPath(realm, app), rows);
    this.#weights = null;
  }

  removeApp(realm: string, app: string): void {
    this.#realms.get(realm)?.apps.delete(app);
    this.#apps.delete(appPath(realm, app));
    this.#weights = null;
  }

  /** Removes a realm. Returns the apps that went with it. */
  removeRealm(realm: string): readonly string[] {
    const apps = [...(this.#realms.get(realm)?.apps ?? [])];
    for (const app of apps) this.removeApp(realm, app);
    this.#realms.delete(realm);
    this.#realmPaths = null;
    return apps;
  }

  /** A database for the next operation: large apps are hot, realms and system.db are quiet. Null: there is none. */
  pick(random: Random): string | null {
    const share = random.float();
    const app = share < APP_SHARE ? this.#pickApp(random) : null;
    if (app !== null) return app;
    this.#realmPaths ??= [...this.#realms].filter(([, { idle }]) => !idle).map(([realm]) => realmPath(realm));
    const toRealm = this.#realmPaths.length > 0 && (share < APP_SHARE + REALM_SHARE || !this.#hasSystem);
    if (toRealm) return random.pick(this.#realmPaths);
    return this.#hasSystem ? SYSTEM_PATH : this.#pickApp(random);
  }

  #pickApp(random: Random): string | null {
    this.#weights ??= this.#weigh();
    const { paths, cumulative } = this.#weights;
    const total = cumulative.at(-1) ?? 0;
    const drawn = random.float() * total;
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) > drawn) high = middle;
      else low = middle + 1;
    }
    return paths[low] ?? null;
  }

  #weigh(): { paths: string[]; cumulative: number[] } {
    let total = 0;
    const cumulative = [...this.#apps.values()].map((weight) => (total += weight));
    return { paths: [...this.#apps.keys()], cumulative };
  }
}
