import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { DrillError, messageOf } from '../errors.ts';

/** Tells signatures of packs apart from those that the same key makes elsewhere. */
const NAMESPACE = 'drill-evidence-pack';
const LIMITS = { timeout: 15_000, maxBuffer: 1 << 20, encoding: 'utf8' } as const;

/** Who may have signed, as ssh-keygen wants it: a file of allowed signers and the name of one. */
export interface Signers {
  readonly file: string;
  readonly identity: string;
}

/** Signs a file with an SSH key; the signature lies beside it as `.sig`. */
export function signFile(file: string, key: string): void {
  try {
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', NAMESPACE, file], {
      ...LIMITS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    throw new DrillError('DRILL_E_PACK', {
      what: `the pack could not be signed with ${key}`,
      why: whyOf(error),
      fix: 'give the path of a private SSH key without a passphrase, or of a public one whose agent runs',
      exit: 2,
      cause: error,
    });
  }
}

/** What a signature is found to be. */
export interface CheckedSignature {
  /** null: it holds, and is by an allowed signer where any was named. */
  readonly problem: string | null;
  /** The key that made it; null: it does not hold. */
  readonly by: string | null;
}

/** Checks the signature that lies beside a file. */
export function checkSignature(file: string, signers: Signers | null): CheckedSignature {
  const signature = `${file}.sig`;
  // ssh-keygen forgives changed line breaks and the like; a pack does not.
  if (!isCanonical(readFileSync(signature, 'utf8'))) return broken('the signature is not as it was written');
  const args =
    signers === null
      ? ['-Y', 'check-novalidate', '-n', NAMESPACE, '-s', signature]
      : ['-Y', 'verify', '-f', signers.file, '-I', signers.identity, '-n', NAMESPACE, '-s', signature];
  const input = openSync(file, 'r');
  try {
    const said = execFileSync('ssh-keygen', args, { ...LIMITS, stdio: [input, 'pipe', 'pipe'] });
    const key = /SHA256:[A-Za-z0-9+/]+/.exec(said)?.[0];
    return key === undefined ? broken('ssh-keygen does not say who signed') : { problem: null, by: key };
  } catch (error) {
    return broken(`the signature does not hold: ${whyOf(error)}`);
  } finally {
    closeSync(input);
  }
}

function broken(problem: string): CheckedSignature {
  return { problem, by: null };
}

const ARMOUR = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n$/;

function isCanonical(text: string): boolean {
  const body = ARMOUR.exec(text)?.[1];
  if (body === undefined) return false;
  const again = Buffer.from(body.replaceAll('\n', ''), 'base64').toString('base64');
  return (again.match(/.{1,70}/g) ?? []).join('\n') === body;
}

function whyOf(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return (said === '' ? messageOf(error) : said).split('\n').at(-1) ?? '';
}
