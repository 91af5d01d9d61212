import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import { linesOf, readHistory } from '../history/history-file.ts';
import { judgeRun } from '../judge/judge.ts';
import { manifestProblems } from '../manifest.ts';
import type { Result } from '../result.ts';
import { readResult, resultText } from '../run-directory.ts';
import { type Derivation, derivationOf, readPackJson } from './derivation.ts';
import { readPackedRun } from './pack-document.ts';
import { MANIFEST, packProblems } from './pack-manifest.ts';
import { checkSeal, type Signer } from './signature.ts';
import type { CheckedSignature } from './signing-tool.ts';

/** What a pack is held against besides itself. */
export interface VerifyTerms {
  /** null: any key may have signed. */
  readonly signers: Signer | null;
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
  /** Key whose signature holds; null: none does. */
  readonly signedBy: string | null;
}

/**
 * Checks a pack: no byte changed, missing or added; signed where it says so; the run in it as its own manifest and the
 * history say; and its verdict the one that its evidence gives when it is judged again.
 */
export function verifyPack(folder: string, terms: VerifyTerms): VerifiedPack {
  const damage = packProblems(folder);
  const runDir = path.join(folder, 'run');
  try {
    const { text } = readResult(runDir);
    const packed = readPackedRun(folder);
    const { result, run, evidences } = packed;
    const document = readPackJson(folder);
    const seal = checkSeal(folder, terms.signers);
    const signature = signatureFindings(document.signed, seal, terms);
    const derivation = derivationOf(folder, document, packed, terms.toolVersion);
    const problems = [
      ...damage,
      ...signature.problems,
      ...derivation.problems,
      ...manifestProblems(runDir).map((problem) => `run/${problem}`),
      ...historyProblems(folder, runDir, result.runId, terms),
    ];
    const isOurs = result.tool.version === terms.toolVersion;
    if (isOurs && resultText(judgeRun(evidences, run)) !== text) {
      problems.push('run/result.json says something else than the evidence beside it');
    }
    const foreign = `made with version ${result.tool.version}, and this is ${terms.toolVersion}: not judged again`;
    const notes = [
      ...signature.notes,
      ...(isOurs ? [] : [foreign]),
      ...derivation.notes,
      ...chainNotes(folder),
    ];
    return { problems, notes, result, signedBy: seal?.by ?? null };
  } catch (error) {
    // What signatures are checked with is missing: the pack is neither intact nor damaged.
    if (error instanceof DrillError && error.code === 'DRILL_E_PACK') throw error;
    return {
      problems: [...damage, `it cannot be read: ${messageOf(error)}`],
      notes: [],
      result: null,
      signedBy: null,
    };
  }
}

/** Whether it is signed as it says, and what the signature is worth. */
function signatureFindings(signed: boolean, seal: CheckedSignature | null, terms: VerifyTerms): Derivation {
  if (seal === null) {
    if (signed) return { problems: ['the signature is missing'], notes: [] };
    return { problems: terms.signers === null ? [] : ['it is not signed'], notes: [UNSIGNED] };
  }
  if (!signed) return { problems: ['a signature was added'], notes: [] };
  if (seal.problem !== null) return { problems: [seal.problem], notes: [] };
  const notes = terms.signers === null ? [`signed by ${seal.by}, and ${UNVOUCHED}`] : [];
  return { problems: [], notes };
}

const UNVOUCHED =
  'nobody vouches for that key: name --allowed-signers and --signer, or --public-key of minisign';
const UNSIGNED = 'not signed: whoever can write here can have made all of it';

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
