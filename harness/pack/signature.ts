import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  checkMinisign,
  isMinisignKey,
  type MinisignSigner,
  minisignPublicKey,
  signWithMinisign,
} from './minisign-signature.ts';
import { MANIFEST, packManifest } from './pack-manifest.ts';
import { broken, type CheckedSignature } from './signing-tool.ts';
import { checkSsh, signWithSsh, type SshSigner } from './ssh-signature.ts';

/** Who must have signed. */
export type Signer = SshSigner | MinisignSigner;

/** In the pack, so that the signature can be checked at all; whose it is, it does not say. */
const PUBLIC_KEY = 'minisign.pub';

/** Writes the manifest of a pack, and signs it where a key is given: an SSH key, or one of minisign. */
export function sealPack(folder: string, key: string | null): void {
  const manifest = path.join(folder, MANIFEST);
  const isMinisign = key !== null && isMinisignKey(key);
  if (isMinisign) minisignPublicKey(key, path.join(folder, PUBLIC_KEY));
  writeFileSync(manifest, packManifest(folder));
  if (key === null) return;
  if (isMinisign) signWithMinisign(manifest, key);
  else signWithSsh(manifest, key);
}

/** Checks the signature of a pack; null: there is none. */
export function checkSeal(folder: string, signer: Signer | null): CheckedSignature | null {
  const manifest = path.join(folder, MANIFEST);
  const [ssh, minisign] = [`${manifest}.sig`, `${manifest}.minisig`];
  if (existsSync(ssh) && existsSync(minisign)) return broken('a signature was added');
  if (existsSync(ssh)) {
    return signer?.kind === 'minisign'
      ? broken('it is signed with an SSH key, and not with the minisign key that was named')
      : checkSsh(manifest, ssh, signer);
  }
  if (!existsSync(minisign)) return null;
  return signer?.kind === 'ssh'
    ? broken('it is signed with a minisign key, and not with an SSH key of --allowed-signers')
    : checkMinisign(manifest, minisign, signer?.publicKeyFile ?? path.join(folder, PUBLIC_KEY));
}
