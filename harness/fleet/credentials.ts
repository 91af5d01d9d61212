import { createCipheriv, createHash } from 'node:crypto';

/** Secrets of a made-up fleet: they look and behave like RustBaas', and the same seed gives them again. */

/** Argon2id of "drill-password", computed once: a fresh one for every user would take a minute. */
export const PASSWORD_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$cnVzdGJhYXMtZHJpbGwtcw$Z3iWpbL73gKDJllf2ftASLqyxDx90/5D7Tv84+fTRas';

/** The 32 bytes of a row of `_secrets`. */
export function secretBytes(seed: number, name: 'master_signing_key' | 'oauth_kek'): Buffer {
  return createHash('sha256').update(`secret\n${seed}\n${name}`).digest();
}

/** An OAuth client secret as `client_secret_enc` holds it: AES-256-GCM, base64 of nonce, ciphertext and tag. */
export function encryptClientSecret(kek: Buffer, secret: string, label: string): string {
  // The same seed must give the same bytes, so the nonce is drawn from what the secret belongs to.
  const nonce = createHash('sha256').update(`nonce\n${label}`).digest().subarray(0, 12);
  const cipher = createCipheriv('aes-256-gcm', kek, nonce);
  return Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64',
  );
}
