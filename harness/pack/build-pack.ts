import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { DrillError } from '../errors.ts';
import { historyFile, linesOf, readHistory } from '../history/history-file.ts';
import { readResult } from '../run-directory.ts';
import { filesWithSecrets, redactedValue } from '../secrets.ts';
import { packTexts, readPackedRun } from './pack-document.ts';
import { sealPack } from './signature.ts';
import { NO_STATEMENT, readStatement } from './statement.ts';

/** What an evidence pack is to be made of. */
export interface PackRequest {
  readonly runDir: string;
  readonly outputDir: string;
  /** A new folder. */
  readonly folder: string;
  /** A file of what no program can know; null: nothing is stated. */
  readonly statement: string | null;
  /** An SSH key or a minisign key to sign with; null: the pack is not signed. */
  readonly signKey: string | null;
  readonly packedAt: string;
  readonly toolVersion: string;
  readonly secrets: readonly string[];
}

/**
 * Makes a run a folder that can be kept and checked: the thirteen items, the run as it is, the history up to it, and a
 * manifest of all, signed where a key is given. Answers what an auditor will miss, one sentence each.
 */
export function buildPack(request: PackRequest): string[] {
  const { folder } = request;
  if (existsSync(folder)) {
    throw new DrillError('DRILL_E_PACK', {
      what: `${folder} is there already`,
      why: 'a pack is never changed',
      fix: 'name another folder: --pack=FOLDER',
      exit: 2,
    });
  }
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    const missing = fill(part, request);
    refuseSecrets(part, request.secrets);
    sealPack(part, request.signKey);
    renameSync(part, folder);
    return missing;
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
}

function fill(part: string, request: PackRequest): string[] {
  const { runDir, outputDir, secrets } = request;
  const { result } = readResult(runDir);
  const statement = request.statement === null ? NO_STATEMENT : readStatement(request.statement);
  const lines = linesOf(historyFile(outputDir));
  const last = lines.findLastIndex((line) => line.includes(`"runId":${JSON.stringify(result.runId)}`));
  copyRun(runDir, path.join(part, 'run'));
  // As the lines stand: the chain is over their bytes.
  writeFileSync(
    path.join(part, 'history.ndjson'),
    lines
      .slice(0, last + 1)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const stated = {
    packedAt: request.packedAt,
    packedWith: request.toolVersion,
    workIsKept: existsSync(path.join(runDir, 'work')),
    statement: redactedValue(statement, secrets),
  };
  const { json, page } = packTexts(readPackedRun(part), stated, request.signKey !== null);
  writeFileSync(path.join(part, 'pack.json'), json);
  writeFileSync(path.join(part, 'pack.md'), page);
  const { problems } = readHistory(historyFile(outputDir));
  return [
    ...(last === -1
      ? [`the run is not in ${historyFile(outputDir)}: nothing chains the pack to earlier runs`]
      : []),
    ...(last !== -1 && problems.length > 0 ? [`the history is damaged: ${problems[0]}`] : []),
    ...(request.statement === null ? ['nobody stated who, why and what next: --statement=FILE'] : []),
    ...(request.signKey === null ? ['it is not signed: --sign=KEY'] : []),
  ];
}

/** A run drops them by itself; one from elsewhere may carry what this machine knows to be secret. */
function refuseSecrets(part: string, secrets: readonly string[]): void {
  const [first] = filesWithSecrets(part, secrets);
  if (first === undefined) return;
  throw new DrillError('DRILL_E_PACK', {
    what: `${path.relative(part, first.file)} holds a credential of this environment`,
    why: 'a pack is given away, and what was taken out of it would not be the evidence any more',
    fix: 'drill again with the credential in the environment, where the run knows to leave it out',
    exit: 2,
  });
}

/** All but the hosts and restored files of `--keep`: they are data, not evidence. */
function copyRun(runDir: string, into: string): void {
  mkdirSync(into);
  for (const name of readdirSync(runDir)) {
    if (name !== 'work') cpSync(path.join(runDir, name), path.join(into, name), { recursive: true });
  }
  dropUnlisted(into);
}

/** A manifest cannot name links and empty folders, so in a pack every one was added later. */
function dropUnlisted(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inner = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      dropUnlisted(inner);
      if (readdirSync(inner).length === 0) rmdirSync(inner);
    } else if (!entry.isFile()) rmSync(inner);
  }
}
