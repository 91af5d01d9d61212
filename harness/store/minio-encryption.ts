import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

/** How MinIO names the way of deriving the key and of sealing (madmin-go, encrypt.go): PBKDF2 and AES-256-GCM. */
const PBKDF2_AES_GCM = 2;
const PBKDF2_ROUNDS = 8192;
const SALT_BYTES = 32;
const NONCE_BYTES = 8;
/** Longer texts would need more than one sealed fragment. */
const FRAGMENT_BYTES = 16_384;
const LAST_FRAGMENT = 0x80;

/**
 * What MinIO's admin API wants the body of a request that holds secrets to be: sealed with a key derived from the
 * sender's own secret. Salt, algorithm, nonce, then one fragment of the sio stream format, which is the first (counter
 * 1) and the last one; the seal of nothing at all (counter 0) is part of what it authenticates.
 */
export function sealForMinio(secretKey: string, text: string): Buffer<ArrayBuffer> {
  const plain = Buffer.from(text);
  if (plain.length > FRAGMENT_BYTES) throw new RangeError(`more than ${FRAGMENT_BYTES} bytes for MinIO`);
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const key = pbkdf2Sync(secretKey, salt, PBKDF2_ROUNDS, 32, 'sha256');
  const ofNothing = seal(key, counted(nonce, 0), Buffer.alloc(0), Buffer.alloc(0));
  const sealed = seal(key, counted(nonce, 1), plain, Buffer.concat([Buffer.of(LAST_FRAGMENT), ofNothing]));
  return Buffer.concat([salt, Buffer.of(PBKDF2_AES_GCM), nonce, sealed]);
}

function counted(nonce: Buffer, counter: number): Buffer {
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(counter);
  return Buffer.concat([nonce, tail]);
}

function seal(key: Buffer, nonce: Buffer, plain: Buffer, authenticated: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(authenticated);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
