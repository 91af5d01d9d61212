import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { linesOf, readHistory } from '../history/history-file.ts';
import { judgeRun } from '../judge/judge.ts';
import { manifestProblems } from '../manifest.ts';
import type { Result } from '../result.ts';
import { readResult, readRun, resultText } from '../run-directory.ts';
import { MANIFEST, packProblems } from './pack-manifest.ts';
import { signatureProblem, type Signers } from './signature.ts';

/** What a pack is held against besides itself. */
export interface VerifyTerms {
  /** null: any key may have signed. */
  readonly signers: Signers | null;
  /** The history that the pack must be a part of; null: only the one inside. */
  readonly history: string | null;
  readonly toolVersion: string;
}

/** What a pack was found to be. */
export interface VerifiedPack {
  /** One sentence each; none: it is what it was when it was made. */
  readonly problems: readonly string[];
  /** What could not be told, and why. */
  readonly notes: readonly string[];
  /** null: it could not be read. */
  readonly result: Result | null;
}

/**
 * Checks a pack: no byte changed, missing or added; signed where it says so; the run in it as its own manifest and the
 * history say; and its verdict the one that its evidence gives when it is judged again.
 */
export function verifyPack(folder: string, terms: VerifyTerms): VerifiedPack {
  const damage = packProblems(folder);
  const runDir = path.join(folder, 'run');
  try {
    const { result, text } = readResult(runDir);
    const problems = [
      ...damage,
      ...signatureProblems(folder, terms),
      ...manifestProblems(runDir).map((problem) => `run/${problem}`),
      ...historyProblems(folder, runDir, result.runId, terms),
    ];
    const isOurs = result.tool.version === terms.toolVersion;
    const { run, evidences } = readRun(runDir);
    if (isOurs && resultText(judgeRun(evidences, run)) !== text) {
      problems.push('run/result.json says something else than the evidence beside it');
    }
    const foreign = `made with version ${result.tool.version}, and this is ${terms.toolVersion}: not judged again`;
    return { problems, notes: [...(isOurs ? [] : [foreign]), ...chainNotes(folder)], result };
  } catch (error) {
    return { problems: [...damage, `it cannot be read: ${messageOf(error)}`], notes: [], result: null };
  }
}

const packSchema = z.looseObject({ schemaVersion: z.literal(1), signed: z.boolean() });

function signatureProblems(folder: string, { signers }: VerifyTerms): string[] {
  const { signed } = packSchema.parse(JSON.parse(readFileSync(path.join(folder, 'pack.json'), 'utf8')));
  const manifest = path.join(folder, MANIFEST);
  const isThere = existsSync(`${manifest}.sig`);
  if (signed && !isThere) return ['the signature is missing'];
  if (!signed && isThere) return ['a signature was added'];
  if (!signed) return signers === null ? [] : ['it is not signed'];
  const problem = signatureProblem(manifest, signers);
  return problem === null ? [] : [problem];
}

/** The run's lines name its manifest, each line names the one before, and the whole is the beginning of the true one. */
function historyProblems(folder: string, runDir: string, runId: string, terms: VerifyTerms): string[] {
  const file = path.join(folder, 'history.ndjson');
  const lines = linesOf(file);
  const { entries, problems } = readHistory(file);
  const manifest = createHash('sha256')
    .update(readFileSync(path.join(runDir, MANIFEST)))
    .digest('hex');
  const own = entries.filter((entry) => entry.runId === runId);
  const truth = terms.history === null ? lines : linesOf(terms.history);
  return [
    ...problems.map((problem) => `history.ndjson: ${problem}`),
    ...(own.some(({ manifestSha256 }) => manifestSha256 !== manifest)
      ? ['the history names another manifest of this run']
      : []),
    ...(lines.some((line, index) => line !== truth[index])
      ? [`history.ndjson is not the beginning of ${terms.history}`]
      : []),
    ...(terms.history !== null && own.length === 0 ? ['the run is in no history'] : []),
  ];
}

function chainNotes(folder: string): string[] {
  return linesOf(path.join(folder, 'history.ndjson')).length === 0
    ? ['nothing chains it to earlier runs: it was not in the history when it was packed']
    : [];
}
