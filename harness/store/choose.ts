import { DrillError } from '../errors.ts';
import type { StoreChoice } from '../scenario/combinations.ts';
import { findContainerEngine, imageState, notPullable, pullImage, startReaper } from './container-engine.ts';
import { where } from './diagnose.ts';
import type { ExternalSettings } from './external-settings.ts';
import { findMinioProgram, type MinioProgram } from './minio-program.ts';

/** The last release of MinIO of which an image is still served. */
const MINIO_IMAGE = 'quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z';

/** A store that can be opened: everything that may be missing has been looked for. */
export type StorePlan =
  | { readonly kind: 'minio'; readonly runs: 'container'; readonly image: string }
  | { readonly kind: 'minio'; readonly runs: 'process'; readonly program: MinioProgram }
  | { readonly kind: 'external'; readonly settings: ExternalSettings }
  | { readonly kind: 'embedded' };

/** A plan, and why it is not the one that was preferred. */
export interface ChosenStore {
  readonly plan: StorePlan;
  readonly passedOver: readonly DrillError[];
}

/** The ways to a MinIO; each throws a DrillError that says why it cannot be gone. */
export interface MinioWays {
  readonly container: () => Promise<StorePlan>;
  readonly process: () => Promise<StorePlan>;
}

/**
 * What `--store` comes to on this machine. `auto`: MinIO in a container, else as a process, else the embedded store.
 * `minio` is one of the first two or nothing.
 */
export async function chooseStore(
  choice: Exclude<StoreChoice, 'external'>,
  ways: MinioWays,
): Promise<ChosenStore> {
  if (choice === 'embedded') return { plan: { kind: 'embedded' }, passedOver: [] };
  return firstOf([ways.container, ways.process], (passedOver) => {
    if (choice === 'minio') throw noMinio(passedOver);
    return { kind: 'embedded' };
  });
}

async function firstOf(
  ways: readonly (() => Promise<StorePlan>)[],
  otherwise: (passedOver: readonly DrillError[]) => StorePlan,
): Promise<ChosenStore> {
  const passedOver: DrillError[] = [];
  for (const way of ways) {
    try {
      return { plan: await way(), passedOver };
    } catch (error) {
      if (!(error instanceof DrillError)) throw error;
      passedOver.push(error);
    }
  }
  return { plan: otherwise(passedOver), passedOver };
}

/** The ways there are on this machine. `onPull` hears of an image before it is fetched, which takes its time. */
export function minioWays(env: NodeJS.ProcessEnv, onPull: (image: string) => void): MinioWays {
  return {
    container: async () => {
      const image = minioImage(env);
      const engine = await findContainerEngine(env);
      const state = await imageState(engine, image);
      if (state.state === 'unknown') throw notPullable(image, state.why, null);
      await startReaper(engine, env);
      if (state.state === 'can be pulled') {
        onPull(image);
        await pullImage(engine, image);
      }
      return { kind: 'minio', runs: 'container', image };
    },
    process: async () => ({ kind: 'minio', runs: 'process', program: await findMinioProgram(env) }),
  };
}

export function minioImage(env: NodeJS.ProcessEnv): string {
  const named = env['DRILL_MINIO_IMAGE'] ?? '';
  return named === '' ? MINIO_IMAGE : named;
}

/** One line: which store, and why not the one before it. */
export function describeChoice({ plan, passedOver }: ChosenStore): string {
  const why = passedOver.map(({ what }) => what).join(', and ');
  return why === '' ? describePlan(plan) : `${describePlan(plan)}, because ${why}`;
}

function describePlan(plan: StorePlan): string {
  if (plan.kind === 'embedded') return 'embedded (in memory, in a process of its own)';
  if (plan.kind === 'external') return describeExternal(plan.settings);
  return plan.runs === 'container'
    ? `MinIO in a container (${plan.image})`
    : `MinIO as a process (${plan.program.path})`;
}

function describeExternal({ writer, prefix }: ExternalSettings): string {
  return `external (bucket ${writer.bucket} at ${where(writer)}, below "${prefix}/")`;
}

function noMinio(reasons: readonly DrillError[]): DrillError {
  const [first] = reasons;
  return new DrillError('DRILL_E_STORE_START', {
    what: 'there is no MinIO to drill on',
    details: reasons.map(({ what, why }) => `${what}: ${why}`),
    why: '--store=minio takes a container or a minio program on PATH, and nothing else',
    fix: first?.fix ?? 'use --store=embedded',
    exit: 3,
  });
}
