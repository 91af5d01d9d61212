import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type History, readHistory } from '../history/history-file.ts';
import type { Result } from '../result.ts';
import { readResult, readRun } from '../run-directory.ts';
import { type Configuration, readConfigurations } from './configuration.ts';
import { type PackItems, packItems } from './items.ts';
import { packPage } from './page.ts';
import { statementSchema } from './statement.ts';

/** What the run itself does not tell. Whoever makes the pack says it, and nothing in it bears it out. */
const statedSchema = z.strictObject({
  packedAt: z.string(),
  /** Version that derived the items. */
  packedWith: z.string(),
  /** Whether the hosts and the restored files were still there. */
  workIsKept: z.boolean(),
  statement: statementSchema,
});
export type Stated = z.infer<typeof statedSchema>;

/** `pack.json`. Its items come of the run, the history and what was stated: they can be derived again at any time. */
export const packSchema = z.looseObject({
  schemaVersion: z.literal(1),
  signed: z.boolean(),
  stated: statedSchema.optional(),
  items: z.record(z.string(), z.unknown()),
});

/** What the items of a pack are derived from. */
export interface PackedRun extends ReturnType<typeof readRun> {
  readonly result: Result;
  readonly history: History;
  readonly configurations: ReadonlyMap<string, Configuration>;
  /** Whether the run made its page. */
  readonly hasReport: boolean;
}

/** Reads all of it out of the folder of a pack, so that a pack and its verifier cannot read different things. */
export function readPackedRun(folder: string): PackedRun {
  const runDir = path.join(folder, 'run');
  const { run, evidences } = readRun(runDir);
  return {
    result: readResult(runDir).result,
    run,
    evidences,
    history: readHistory(path.join(folder, 'history.ndjson')),
    configurations: readConfigurations(runDir, run.drills),
    hasReport: existsSync(path.join(runDir, 'report.html')),
  };
}

/** The items of a pack, and its two files to the byte. */
export interface PackTexts {
  readonly items: PackItems;
  readonly json: string;
  readonly page: string;
}

/** Derives a pack from its run: the same run and the same statement give the same bytes. */
export function packTexts(packed: PackedRun, stated: Stated, signed: boolean): PackTexts {
  const items = packItems({ ...packed, ...stated, history: packed.history.entries });
  const document = { schemaVersion: 1, signed, stated, items };
  return { items, json: `${JSON.stringify(document, null, 2)}\n`, page: packPage(items, packed.hasReport) };
}
