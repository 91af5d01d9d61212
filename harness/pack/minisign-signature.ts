import { readFileSync } from 'node:fs';
import {
  broken,
  cannotSign,
  type CheckedSignature,
  lastWords,
  NAMESPACE,
  runSigningTool,
} from './signing-tool.ts';

/** Whose signature it must be: a file with a minisign public key. */
export interface MinisignSigner {
  readonly kind: 'minisign';
  readonly publicKeyFile: string;
}

/** What every key and signature of minisign begins with; no SSH key does. */
const FIRST_LINE = 'untrusted comment: ';
/** `Ed`, then how the secret key is encrypted: two zeros where it is not. */
const UNENCRYPTED = 'RWQAA';
const PUBLIC_KEY = /^RW[A-Za-z0-9+/]{54}$/;
const FIX = 'give the path of a minisign secret key without a password: minisign -G -W';

/** Whether a file is a key for minisign. One that cannot be read is none: whoever reads it next says why. */
export function isMinisignKey(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').startsWith(FIRST_LINE);
  } catch {
    return false;
  }
}

/** The public half of a secret key, without which a signature by it cannot be checked. */
export function minisignPublicKey(key: string, into: string): void {
  if (!(secondLine(readFileSync(key, 'utf8')) ?? '').startsWith(UNENCRYPTED)) {
    throw cannotSign(key, 'it is no secret key, or one with a password, and nobody is there to give it', FIX);
  }
  asking(key, ['-R', '-s', key, '-p', into]);
}

/** Signs a file with a minisign secret key; the signature lies beside it as `.minisig`. */
export function signWithMinisign(file: string, key: string): void {
  asking(key, ['-S', '-s', key, '-m', file, '-x', `${file}.minisig`, '-c', NAMESPACE, '-t', NAMESPACE]);
}

/** Checks a signature made with minisign. */
export function checkMinisign(file: string, signature: string, publicKeyFile: string): CheckedSignature {
  if (!isCanonical(readFileSync(signature, 'utf8'))) return broken('the signature is not as it was written');
  const key = publicKeyOf(publicKeyFile);
  if (key === null) return broken(`${publicKeyFile} holds no minisign public key`);
  try {
    runSigningTool('minisign', ['-V', '-P', key, '-m', file, '-x', signature]);
    return { problem: null, by: `minisign key ${key}` };
  } catch (error) {
    return broken(`the signature does not hold: ${lastWords(error)}`);
  }
}

function asking(key: string, args: readonly string[]): void {
  try {
    runSigningTool('minisign', args);
  } catch (error) {
    throw cannotSign(key, lastWords(error), FIX, error);
  }
}

/** The key itself, not its id: 64 bits of a name can be had again. */
function publicKeyOf(file: string): string | null {
  try {
    const key = secondLine(readFileSync(file, 'utf8')) ?? '';
    return PUBLIC_KEY.test(key) ? key : null;
  } catch {
    return null; // the caller names the file
  }
}

/** Two signatures, each with its comment; nothing signs the first comment, and decoders forgive spare bits. */
function isCanonical(text: string): boolean {
  const [, first = '', second = ''] = SIGNATURE.exec(text) ?? [];
  return (
    first !== '' && [first, second].every((body) => Buffer.from(body, 'base64').toString('base64') === body)
  );
}

const SIGNATURE = new RegExp(
  `^${FIRST_LINE}${NAMESPACE}\n([A-Za-z0-9+/=]+)\ntrusted comment: ${NAMESPACE}\n([A-Za-z0-9+/=]+)\n$`,
);

function secondLine(text: string): string | undefined {
  return text.split(/\r?\n/)[1]?.trim();
}
