import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names of variables whose values are nobody's business. */
const SECRET_NAMES =
  /SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|AUTHORIZATION|ACCESS_?KEY|PRIVATE_?KEY|API_?KEY|(?:^|_)PAT$|NOTIFY_URL|WEBHOOK/i;
/** Shorter ones are no secrets, and are found in ordinary words. */
const SHORTEST = 8;

/** What stands in place of a secret. */
const REDACTED = '[redacted]';

/** The secrets that the environment holds, in every form that they are written in, the longest first: one may be a part of another. */
export function secretsOf(env: NodeJS.ProcessEnv): string[] {
  const values = Object.entries(env).flatMap(([name, value = '']) => [
    ...(SECRET_NAMES.test(name) ? [value] : []),
    ...passwordsIn(value),
  ]);
  const forms = values.filter(({ length }) => length >= SHORTEST).flatMap(formsOf);
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length);
}

/** The passwords of the addresses in a value, as they stand there and as they are. A proxy is often named without its scheme. */
function passwordsIn(value: string): string[] {
  // The whole as well: a password may hold what lists are divided by.
  return [value, ...value.split(/[\s,;]+/)].flatMap((word) => {
    const address = word.includes('://') ? word : `http://${word}`;
    const { password = '' } = word.includes('@') && URL.canParse(address) ? new URL(address) : {};
    try {
      return [password, decodeURIComponent(password)];
    } catch {
      return [password]; // a % that encodes nothing
    }
  });
}

/** As it is, in the query of an address, and in a header. */
function formsOf(secret: string): string[] {
  return [secret, inAddress(secret), Buffer.from(secret).toString('base64'), ...insideBase64(secret)];
}

/**
 * As it stands in the base64 of a longer text, "user:secret" in a Basic header for one: it may begin at each of the three
 * bytes of a group of four characters. Only what depends on nothing beside it: up to a character at either end stays.
 */
function insideBase64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}

function inAddress(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    return secret; // half of a character is in no address
  }
}

/** A text without the secrets. */
export function redacted(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, REDACTED), text);
}

/** The same of every text in a value that is JSON all the way down; the names of its fields stay. */
export function redactedValue<T>(value: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return value;
  return walk(value, secrets) as T;
}

function walk(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return redacted(value, secrets);
  if (Array.isArray(value)) return value.map((one) => walk(one, secrets));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, secrets)]));
}

/** Takes the secrets out of every file below a folder: what a child process wrote was not ours to filter. */
export function redactFolder(folder: string, secrets: readonly string[]): void {
  for (const { file, found } of filesWithSecrets(folder, secrets)) {
    // latin1: one character a byte, so that whatever else is in the file stays as it is.
    const asBytes = found.map((form) => Buffer.from(form).toString('latin1'));
    writeFileSync(file, redacted(readFileSync(file, 'latin1'), asBytes), 'latin1');
  }
}

/** Files below a folder in which a secret is found, as text or as JSON writes it. */
export function filesWithSecrets(
  folder: string,
  secrets: readonly string[],
): { readonly file: string; readonly found: readonly string[] }[] {
  if (secrets.length === 0) return [];
  const forms = [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const file = join(entry.parentPath, entry.name);
      const content = readFileSync(file);
      const found = forms.filter((form) => content.includes(form));
      return found.length === 0 ? [] : [{ file, found }];
    });
}
