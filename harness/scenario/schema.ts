import { z } from 'zod';
import { durationMs } from '../duration.ts';
import { anyCheckIdSchema } from '../evidence/checks.ts';
import { BUCKET_LAYOUTS } from '../recovery/bucket-places.ts';
import { faultSchema } from './faults.ts';
import { shapesSchema } from './shapes.ts';
import { duration } from './fields.ts';
import { TIERS } from './tiers.ts';

/**
 * A scenario as its author writes it. The JSON Schema for editors is generated from here
 * (`npm run schema`), so every field carries its description.
 */

export { durationMs };

const rows = z.strictObject({
  min: z.number().int().min(0).default(20).describe('Rows of the smallest app.'),
  max: z.number().int().min(1).max(2_000_000).default(200).describe('Rows of the largest app.'),
  skew: z.enum(['zipf', 'uniform']).default('zipf').describe('zipf: a few large apps, many small ones.'),
});

const share = z.number().int().min(0).max(1000).default(0);

const litestreamVersion = z
  .string()
  .regex(/^\d+\.\d+\.\d+$/, 'a version like 0.5.17')
  .describe('A version, as `drill litestream list` shows it.');

const litestreamCell = z
  .strictObject({
    version: litestreamVersion,
    expect: z
      .enum(['pass', 'fail'])
      .optional()
      .describe("What is expected of this version; without it the scenario's own expectation."),
    mustFail: z
      .array(anyCheckIdSchema)
      .optional()
      .describe('For expect: fail, the checks that must be the ones to fail with this version.'),
    mustCount: z
      .array(z.string())
      .optional()
      .describe(
        'For expect: fail, how many faults a check must find with this version, no more and no fewer.',
      ),
    mustBreak: z
      .array(z.string())
      .optional()
      .describe('For expect: fail, the objectives that must be the ones to break with this version.'),
    mustHold: z
      .array(z.string())
      .optional()
      .describe('For expect: fail, objectives that must be kept with this version all the same.'),
  })
  .describe('A version of which something else is expected than of the others.');

/** Stores that a scenario may name. */
export const STORE_KINDS = ['minio', 'embedded', 'external'] as const;

/** RustBaas' HTTP body limit. */
const BLOB_BYTES_MAX = 8 * 1024 * 1024;

export const scenarioSchema = z.strictObject({
  $schema: z.string().optional().describe('Where an editor finds this schema.'),
  id: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower case words with hyphens, like many-realms')
    .describe('Name of the scenario, as given to --scenario.'),
  title: z.string().min(1).max(120).describe('One line for people.'),
  description: z
    .string()
    .max(2000)
    .default('')
    .describe('What it guards against, and why the objectives are as they are.'),
  tier: z
    .enum(TIERS)
    .describe('smoke: at a desk; gate: before a release; nightly: the rest; soak: long, once a week.'),
  tags: z.array(z.string()).default([]).describe('Words for --tag.'),
  expect: z
    .enum(['pass', 'fail'])
    .default('pass')
    .describe('fail: a negative control, which passes only when it goes red.'),
  mustFail: z
    .array(anyCheckIdSchema)
    .default([])
    .describe('For expect: fail, the checks that must be the ones to fail.'),
  mustCount: z
    .array(z.string())
    .default([])
    .describe(
      'For expect: fail, how many faults a check of mustFail must find, no more and no fewer, like "identity == 1".',
    ),
  mustBreak: z
    .array(z.string())
    .default([])
    .describe(
      'For expect: fail, the objectives that must be the ones to break, word for word as in objectives.',
    ),
  mustHold: z
    .array(z.string())
    .default([])
    .describe(
      'For expect: fail, objectives that must be kept all the same: they bound what the planted fault may cost.',
    ),
  fleet: z
    .strictObject({
      realms: z.number().int().min(0).max(500).describe('Realms besides master.'),
      appsPerRealm: z.number().int().min(0).max(50).default(2).describe('Apps in each realm.'),
      rowsPerApp: rows
        .default({ min: 20, max: 200, skew: 'zipf' })
        .describe('Seeded rows of an app, all tables together.'),
      idleShare: z
        .number()
        .min(0)
        .max(0.95)
        .default(0.2)
        .describe('Share of the apps that no write touches.'),
      recordBytes: z
        .number()
        .int()
        .min(200)
        .max(100_000)
        .optional()
        .describe(
          'Size of a record, about: its first free field is filled up. Without it a record is as long as its words.',
        ),
      shapes: shapesSchema.optional(),
    })
    .describe('The tenants that exist before the host starts.'),
  supervisor: z
    .strictObject({
      replicateIntervalSec: z
        .number()
        .min(0.01)
        .max(3600)
        .default(10)
        .describe('[litestream] replicate_interval_sec.'),
      command: z
        .string()
        .min(1)
        .max(2000)
        .optional()
        .describe(
          'Supervisor under test instead of our own, run through the shell in the host folder; {here} is the folder of this file.',
        ),
    })
    .default({ replicateIntervalSec: 10 })
    .describe('What goes into rustbase.toml, and who acts on it.'),
  workload: z
    .strictObject({
      writesPerSecond: z
        .number()
        .min(0.1)
        .max(20_000)
        .default(100)
        .describe('Open-loop rate over the whole fleet.'),
      duration: duration.default('10s').describe('Longest time under load; the kill falls inside it.'),
      writers: z
        .number()
        .int()
        .min(1)
        .max(8)
        .default(1)
        .describe('Writer processes, at most as many as there are realms with apps that are written to.'),
      newRealms: z.number().int().min(0).max(50).default(0).describe('Realms created during the load.'),
      newApps: z.number().int().min(0).max(200).default(0).describe('Apps created during the load.'),
      newAppsBy: z
        .array(z.enum(['created', 'renamed', 'copied']))
        .min(1)
        .max(10)
        .default(['created'])
        .describe(
          'How they come, dealt out in turn: created in place; made elsewhere and the folder renamed into place; a whole app folder, old times and all, copied there with cp -a.',
        ),
      deletedRealms: z
        .number()
        .int()
        .min(0)
        .max(50)
        .default(0)
        .describe('Seeded realms deleted during the load.'),
      deletedApps: z
        .number()
        .int()
        .min(0)
        .max(200)
        .default(0)
        .describe('Seeded apps deleted during the load.'),
      recordMix: z
        .strictObject({
          create: share.describe('Share of the writes that create a record.'),
          update: share.describe('Share of the writes that change one.'),
          delete: share.describe('Share of the writes that delete one.'),
        })
        .optional()
        .describe(
          "Apps see these writes alone. Without it RustBaas' ordinary mix, sign-ins and schema changes included.",
        ),
      walAutocheckpointPages: z
        .number()
        .int()
        .min(0)
        .max(1_000_000)
        .optional()
        .describe(
          "wal_autocheckpoint of every connection of the application. 0: it never checkpoints by itself, as Litestream's documentation advises. Without it SQLite's default, 1000, as in RustBaas.",
        ),
    })
    .default({
      writesPerSecond: 100,
      duration: '10s',
      writers: 1,
      newRealms: 0,
      newApps: 0,
      newAppsBy: ['created'],
      deletedRealms: 0,
      deletedApps: 0,
    })
    .describe('What the writers do.'),
  blobs: z
    .strictObject({
      backend: z
        .enum(['local', 's3'])
        .default('local')
        .describe('Where RustBaas keeps file blobs: beside the databases, or in a bucket of their own.'),
      mirrorIntervalSec: z
        .number()
        .min(0.1)
        .max(3600)
        .optional()
        .describe("Local: a round of the operator's own mirror begins so often. Default: 1."),
      sizeBytes: z
        .strictObject({
          min: z.number().int().min(0).default(1).describe('Size of the smallest blob.'),
          max: z
            .number()
            .int()
            .min(1)
            .max(BLOB_BYTES_MAX)
            .default(6000)
            .describe('Size of the largest blob.'),
        })
        .default({ min: 1, max: 6000 })
        .describe('Sizes of the blobs, evenly spread.'),
    })
    .default({ backend: 'local', sizeBytes: { min: 1, max: 6000 } })
    .describe('The blobs of uploaded files.'),
  hooks: z
    .strictObject({
      perApp: z
        .number()
        .int()
        .min(0)
        .max(50)
        .default(0)
        .describe('Hooks of each seeded app, all of them in version control.'),
      liveEdits: z
        .number()
        .int()
        .min(0)
        .max(1000)
        .default(0)
        .describe('Hooks saved through the dashboard before the disaster, and never committed.'),
    })
    .default({ perApp: 0, liveEdits: 0 })
    .describe("The apps' hooks, which come back from version control."),
  protection: z
    .strictObject({
      await: z
        .boolean()
        .default(true)
        .describe('Wait until every seeded database is protected before the load.'),
      timeout: duration.default('60s').describe('How long; a database not protected by then is a failure.'),
    })
    .default({ await: true, timeout: '60s' })
    .describe('Protection before the load.'),
  upgrades: z
    .array(
      z.strictObject({
        at: duration.describe('When after the start of the load.'),
        litestream: litestreamVersion.describe('The version that takes the place of the running one.'),
      }),
    )
    .max(10)
    .default([])
    .describe(
      'Litestream is replaced under the living fleet, as an operator does it: the program, then a restart of the supervisor.',
    ),
  secondHost: z
    .strictObject({
      at: duration.describe('When after the start of the load it begins to restore.'),
      writesPerSecond: z.number().min(0.1).max(20_000).default(50).describe('Its own load, as it goes live.'),
    })
    .optional()
    .describe(
      'Split brain: a second host is restored from the bucket and goes live on the same prefix while the first one lives. Both die in the disaster; what comes back is held against the first.',
    ),
  rehearsal: z
    .strictObject({
      at: duration.describe('When after the start of the load it begins.'),
    })
    .optional()
    .describe(
      'The whole fleet is restored on another host while the first one lives, from the prefix that it goes on writing to and deleting from. It must end before the disaster. Faults of the store with role: recovery strike it, and not the restore after the disaster.',
    ),
  disaster: z
    .strictObject({
      kind: z.literal('host-loss').describe('SIGKILL of the whole process group, then loss of the disk.'),
      at: z
        .union([z.enum(['random', 'first-sync', 'upload-stall']), duration])
        .default('random')
        .describe(
          'When after the start of the load: an instant drawn from the seed, a fixed one, first-sync: as soon as the bucket has something of half of the seeded databases, or upload-stall: as soon as uploadStall is seen, else at the end of the load.',
        ),
      uploadStall: z
        .strictObject({
          for: duration.describe('So long nothing of such a database has arrived in the bucket.'),
          databases: z
            .number()
            .int()
            .min(1)
            .max(500)
            .describe('So many of the apps that are written to, at the same time.'),
        })
        .optional()
        .describe('For at: upload-stall. A run in which it is never seen is measured all the same.'),
      earliest: duration.optional().describe('For random: not before this. Default: 60 % of the duration.'),
    })
    .default({ kind: 'host-loss', at: 'random' })
    .describe('What happens to the host.'),
  faults: z
    .array(faultSchema)
    .max(20)
    .default([])
    .describe('What is broken on purpose. Each must be seen to take effect, or the drill is inconclusive.'),
  recovery: z
    .strictObject({
      point: z
        .enum(['latest', 'kill'])
        .default('latest')
        .describe(
          "latest: the newest state. kill: the state at the instant of the kill, with litestream's -timestamp.",
        ),
      layout: z
        .enum(BUCKET_LAYOUTS)
        .default('documented')
        .describe(
          'documented: a database counts where the page puts it. any: also where the shipped RustBaas does, without the .db.',
        ),
      parallelism: z
        .union([z.literal('auto'), z.number().int().min(1).max(64)])
        .default('auto')
        .describe('Restores at once.'),
      databaseTimeout: duration.default('60s').describe('Hard limit of one restore.'),
      secondLife: z
        .boolean()
        .default(true)
        .describe('Boot the new host, write, protect, and restore a second time.'),
      instants: z
        .strictObject({
          count: z.number().int().min(1).max(100).describe('So many restores, of one database each.'),
          within: duration
            .optional()
            .describe('The promised window, up to the kill. Without it from where a database is protected.'),
        })
        .optional()
        .describe(
          'Afterwards databases are restored to instants at which a write of theirs had just been acknowledged, drawn from the seed evenly across the window.',
        ),
      runbook: z
        .enum(['ours', 'documented'])
        .default('ours')
        .describe(
          "documented: follow RustBaas' page to the letter as well, on another host, and report step by step.",
        ),
    })
    .default({
      point: 'latest',
      layout: 'documented',
      parallelism: 'auto',
      databaseTimeout: '60s',
      secondLife: true,
      runbook: 'ours',
    })
    .describe('How the fleet comes back.'),
  matrix: z
    .strictObject({
      litestream: z
        .array(z.union([litestreamVersion, litestreamCell]))
        .min(1)
        .optional()
        .describe('Litestream versions to drill, one after the other. Without it the one of --litestream.'),
      stores: z
        .array(z.enum(STORE_KINDS))
        .min(1)
        .optional()
        .describe('Stores to drill each version on. Without it the one of --store.'),
    })
    .optional()
    .describe('Combinations of Litestream and store: one drill each, shown side by side.'),
  store: z
    .strictObject({
      endpoint: z
        .string()
        .optional()
        .describe('http(s)://HOST[:PORT]; without it AWS. DRILL_S3_ENDPOINT goes before it.'),
      bucket: z.string().optional().describe('DRILL_S3_BUCKET goes before it.'),
      region: z.string().optional().describe('us-east-1 without it. DRILL_S3_REGION goes before it.'),
      pathStyle: z
        .boolean()
        .optional()
        .describe('Bucket in the path, not in the host name. DRILL_S3_PATH_STYLE goes before it.'),
      prefix: z
        .string()
        .optional()
        .describe('Each drill works in a prefix of its own below it. DRILL_S3_PREFIX goes before it.'),
    })
    .optional()
    .describe('Where an external store is. Its credentials come from the environment alone.'),
  objectives: z
    .array(z.string())
    .min(1)
    .describe('metric [p50|p95|p99|max] operator number, e.g. "rpoMs max < 15000". The unit is in the name.'),
  timeout: duration.default('5m').describe('Limit of the whole drill.'),
});

/** The stall that the disaster waits for. */
export type UploadStallWanted = NonNullable<z.output<typeof scenarioSchema>['disaster']['uploadStall']>;

/** How often the operator's mirror of the blobs begins a round; null: the blobs are in S3, and need none. */
export function mirrorIntervalSec({ blobs }: Scenario): number | null {
  return blobs.backend === 's3' ? null : (blobs.mirrorIntervalSec ?? 1);
}

/** A scenario with every default filled in. */
export type Scenario = z.output<typeof scenarioSchema>;
