import { execFileSync, type StdioOptions } from 'node:child_process';
import { DrillError, messageOf } from '../errors.ts';

/** Tells signatures of packs apart from those that the same key makes elsewhere. */
export const NAMESPACE = 'drill-evidence-pack';

const LIMITS = { timeout: 15_000, maxBuffer: 1 << 20, encoding: 'utf8' } as const;
const PACKAGES = { 'ssh-keygen': 'OpenSSH', minisign: 'minisign' } as const;

/** What a signature is found to be. */
export interface CheckedSignature {
  /** null: it holds, and is by an allowed signer where any was named. */
  readonly problem: string | null;
  /** The key that made it; null: it does not hold. */
  readonly by: string | null;
}

/**
 * Runs a program that signs or checks, and answers what it says on stdout. It has nobody to ask for a passphrase, and not
 * forever. One that is missing says nothing about a signature, so it is an error of its own.
 */
export function runSigningTool(
  tool: keyof typeof PACKAGES,
  args: readonly string[],
  input: number | 'ignore' = 'ignore',
): string {
  const stdio: StdioOptions = [input, 'pipe', 'pipe'];
  try {
    return execFileSync(tool, args, { ...LIMITS, stdio });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new DrillError('DRILL_E_PACK', {
      what: `there is no ${tool} to sign or to check a signature with`,
      why: 'no folder on PATH has it',
      fix: `install ${PACKAGES[tool]}`,
      exit: 2,
      cause: error,
    });
  }
}

/** Nobody can sign with the key. */
export function cannotSign(key: string, why: string, fix: string, cause?: unknown): DrillError {
  return new DrillError('DRILL_E_PACK', {
    what: `the pack could not be signed with ${key}`,
    why,
    fix,
    exit: 2,
    cause,
  });
}

export function broken(problem: string): CheckedSignature {
  return { problem, by: null };
}

/** The program's own last words. A program that is missing has none: that error goes on. */
export function lastWords(error: unknown): string {
  if (error instanceof DrillError) throw error;
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return (said === '' ? messageOf(error) : said).split('\n').slice(-2).join(' ');
}
