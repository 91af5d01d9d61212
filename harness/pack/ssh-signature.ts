import { closeSync, openSync, readFileSync } from 'node:fs';
import {
  broken,
  cannotSign,
  type CheckedSignature,
  lastWords,
  NAMESPACE,
  runSigningTool,
} from './signing-tool.ts';

/** Who may have signed, as ssh-keygen wants it: a file of allowed signers and the name of one. */
export interface SshSigner {
  readonly kind: 'ssh';
  readonly file: string;
  readonly identity: string;
}

/** Signs a file with an SSH key; the signature lies beside it as `.sig`. */
export function signWithSsh(file: string, key: string): void {
  try {
    runSigningTool('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', NAMESPACE, file]);
  } catch (error) {
    const fix =
      'give the path of a private SSH key without a passphrase, of a public one whose agent runs, or of a minisign key';
    throw cannotSign(key, lastWords(error), fix, error);
  }
}

/** Checks a signature made with an SSH key. */
export function checkSsh(file: string, signature: string, signer: SshSigner | null): CheckedSignature {
  // ssh-keygen forgives changed line breaks and the like; a pack does not.
  if (!isCanonical(readFileSync(signature, 'utf8'))) return broken('the signature is not as it was written');
  const args =
    signer === null
      ? ['-Y', 'check-novalidate', '-n', NAMESPACE, '-s', signature]
      : ['-Y', 'verify', '-f', signer.file, '-I', signer.identity, '-n', NAMESPACE, '-s', signature];
  const input = openSync(file, 'r');
  try {
    const said = runSigningTool('ssh-keygen', args, input);
    const key = /SHA256:[A-Za-z0-9+/]+/.exec(said)?.[0];
    return key === undefined ? broken('ssh-keygen does not say who signed') : { problem: null, by: key };
  } catch (error) {
    return broken(`the signature does not hold: ${lastWords(error)}`);
  } finally {
    closeSync(input);
  }
}

const ARMOUR = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n$/;

function isCanonical(text: string): boolean {
  const body = ARMOUR.exec(text)?.[1];
  if (body === undefined) return false;
  const again = Buffer.from(body.replaceAll('\n', ''), 'base64').toString('base64');
  return (again.match(/.{1,70}/g) ?? []).join('\n') === body;
}
