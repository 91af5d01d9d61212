import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { DrillError, messageOf } from '../errors.ts';
import { deal } from './deal.ts';
import { MOST_SHARDS, nameOf, type Shard } from './shard.ts';

/** All drills that the shards of one plan share, and everything that says what is drilled. */
const wholePlanSchema = z.strictObject({
  /** Runs the whole plan on one machine. */
  repeatCommand: z.string(),
  seed: z.number().int(),
  /** null: our own. */
  supervisor: z.string().nullable(),
  /** null: each scenario's own limit. */
  timeoutMs: z.number().nullable(),
  drills: z
    .array(
      z.strictObject({
        drillId: z.string(),
        scenario: z.string(),
        /** SHA-256 of the scenario with its defaults filled in, its objectives included. */
        scenarioDigest: z.string(),
        seed: z.number().int(),
        planDigest: z.string(),
        /** A version or a path; null: the one that came with npm. */
        litestream: z.string().nullable(),
        store: z.string(),
        expect: z.enum(['pass', 'fail']),
        mustFail: z.array(z.string()),
        mustCount: z.array(z.string()).optional(),
        mustBreak: z.array(z.string()).optional(),
        mustHold: z.array(z.string()).optional(),
        expectedMs: z.number(),
      }),
    )
    .max(10_000),
});
export type WholePlan = z.infer<typeof wholePlanSchema>;

const shardFileSchema = z.strictObject({
  schemaVersion: z.literal(1),
  tool: z.strictObject({ version: z.string() }),
  index: z.number().int().min(1),
  count: z.number().int().min(1).max(MOST_SHARDS),
  /** SHA-256 of `plan`. */
  planDigest: z.string(),
  /** Ids of the drills that the plan gives to this shard; may be none. */
  drills: z.array(z.string()),
  plan: wholePlanSchema,
});
export type ShardFile = z.infer<typeof shardFileSchema>;

/** What a shard writes beside its run, so that a merge knows what the whole was to be. */
export function shardFile(plan: WholePlan, shard: Shard, toolVersion: string): ShardFile {
  return {
    schemaVersion: 1,
    tool: { version: toolVersion },
    ...shard,
    planDigest: digestOf(plan),
    drills: deal(plan.drills, shard.count)[shard.index - 1] ?? [],
    plan,
  };
}

/** `shard-2-of-5.json`. */
export function shardFileName(shard: Shard): string {
  return `${nameOf(shard)}.json`;
}

/** Writes it beside the run. Only a run that came to its end has one: a crashed shard is a lost one. */
export function writeShardFile(runDir: string, shard: ShardFile): void {
  writeFileSync(path.join(runDir, shardFileName(shard)), `${JSON.stringify(shard, null, 2)}\n`);
}

/** The shard file in a run directory; null: the run is no shard. A file that contradicts itself is refused. */
export function readShardFile(runDir: string): ShardFile | null {
  const name = shardFileIn(runDir);
  if (name === undefined) return null;
  const file = path.join(runDir, name);
  const shard = parse(file);
  const { planDigest, drills } = shardFile(shard.plan, shard, shard.tool.version);
  if (shard.index > shard.count || shardFileName(shard) !== name)
    throw damaged(file, 'its name is not its own');
  if (planDigest !== shard.planDigest)
    throw damaged(file, 'the hash of its plan is not that of the plan in it');
  if (drills.join('\n') !== shard.drills.join('\n')) {
    throw damaged(file, 'its drills are not those that its plan gives to this shard');
  }
  return shard;
}

/** Whether a run directory is that of a shard; one that is not there is none. */
export function isShard(runDir: string): boolean {
  return existsSync(runDir) && shardFileIn(runDir) !== undefined;
}

function shardFileIn(runDir: string): string | undefined {
  return readdirSync(runDir).find((entry) => /^shard-\d+-of-\d+\.json$/.test(entry));
}

function parse(file: string): ShardFile {
  try {
    return shardFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const why = issue === undefined ? messageOf(error) : `${issue.path.join('.')}: ${issue.message}`;
    throw damaged(file, why.split('\n', 1)[0] ?? '', error);
  }
}

function digestOf(plan: WholePlan): string {
  // Parsed: the order of the keys is then that of the schema, whoever wrote them.
  return createHash('sha256')
    .update(JSON.stringify(wholePlanSchema.parse(plan)))
    .digest('hex');
}

function damaged(file: string, why: string, cause?: unknown): DrillError {
  return new DrillError('DRILL_E_RUN_UNREADABLE', {
    what: `${file} is damaged, or of another version`,
    why,
    fix: 'run that shard again',
    exit: 2,
    cause,
  });
}
