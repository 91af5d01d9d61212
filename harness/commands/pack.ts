import { realpathSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../clock.ts';
import { DrillError } from '../errors.ts';
import { buildPack } from '../pack/build-pack.ts';
import type { Signer } from '../pack/signature.ts';
import { verifyPack } from '../pack/verify-pack.ts';
import { toolVersion } from '../project.ts';
import { printable } from '../report/screen.ts';
import { findRun } from '../run-directory.ts';
import { secretsOf } from '../secrets.ts';
import type { Io, PackOptions, VerifyPackOptions } from './options.ts';

const MOST_PROBLEMS = 20;

/** `drill report RUN --pack`: the run as an evidence pack. Its path is the result. */
export function packCommand(
  name: string,
  { pack, outputDir, ...options }: Partial<PackOptions> & Pick<PackOptions, 'outputDir'>,
  io: Io,
): number {
  if (pack === undefined) throw usage('--statement and --sign need --pack', 'without a pack they do nothing');
  // Of `latest` the run itself: its pack must not be in the way of the next one's.
  const found = realpathSync(findRun(name, outputDir));
  const folder = pack === true ? `${found}-pack` : path.resolve(pack);
  const missing = buildPack({
    runDir: found,
    outputDir,
    folder,
    statement: options.statement ?? null,
    signKey: options.sign ?? null,
    packedAt: systemClock.wallIso(),
    toolVersion: toolVersion(),
    secrets: secretsOf(io.env),
  });
  for (const sentence of missing) io.stderr.write(`note: ${sentence}\n`);
  io.stdout.write(`${folder}\n`);
  return 0;
}

/** `drill verify-pack FOLDER`: 1 when any byte of it is not as it was. */
export function verifyPackCommand(folder: string, options: VerifyPackOptions, io: Io): number {
  const { allowedSigners, signer } = options;
  if ((allowedSigners === undefined) !== (signer === undefined)) {
    throw usage('--allowed-signers and --signer belong together', 'one alone says nothing about who signed');
  }
  const terms = { signers: signerOf(options), history: options.history ?? null, toolVersion: toolVersion() };
  const { problems, notes, result, signedBy } = verifyPack(folder, terms);
  const exitCode = problems.length === 0 ? 0 : 1;
  if (options.json) {
    const verdict = result?.verdict ?? null;
    const document = {
      intact: exitCode === 0,
      verdict,
      runId: result?.runId ?? null,
      signedBy,
      vouched: exitCode === 0 && signedBy !== null && terms.signers !== null,
      problems,
      notes,
      exitCode,
    };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return exitCode;
  }
  for (const note of notes) io.stderr.write(`note: ${printable(note)}\n`);
  for (const problem of problems.slice(0, MOST_PROBLEMS)) io.stdout.write(`${printable(problem)}\n`);
  if (problems.length > MOST_PROBLEMS) io.stdout.write(`and ${problems.length - MOST_PROBLEMS} more\n`);
  io.stdout.write(
    exitCode === 0
      ? `intact: ${printable(result?.runId ?? '')}, ${result?.verdict}\n`
      : 'not as it was when it was packed\n',
  );
  return exitCode;
}

function signerOf({ allowedSigners, signer, publicKey }: VerifyPackOptions): Signer | null {
  if (publicKey !== undefined) return { kind: 'minisign', publicKeyFile: publicKey };
  if (allowedSigners === undefined || signer === undefined) return null;
  return { kind: 'ssh', file: allowedSigners, identity: signer };
}

function usage(what: string, why: string): DrillError {
  const fix = 'see npm run drill -- report --help, or verify-pack --help';
  return new DrillError('DRILL_E_USAGE', { what, why, fix, exit: 2 });
}
