import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { packManifest } from './pack-manifest.ts';
import { checkSeal, sealPack } from './signature.ts';

const isInstalled = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .some((folder) => existsSync(path.join(folder, 'minisign')));

let folder: string;
let key: string;
const SAYS = 'untrusted comment: minisign encrypted secret key\n';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-minisign-'));
  key = path.join(folder, 'key');
  mkdirSync(path.join(folder, 'pack'));
  writeFileSync(path.join(folder, 'pack', 'pack.json'), '{}\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The public key; the secret one lies at `file`. */
function makeKey(file: string): string {
  execFileSync('minisign', ['-G', '-W', '-p', `${file}.pub`, '-s', file], { stdio: 'pipe' });
  return readFileSync(`${file}.pub`, 'utf8').split('\n')[1] ?? '';
}

describe.skipIf(!isInstalled)('a minisign key (with minisign on PATH)', () => {
  it('signs a pack, which names the key and can be held against one', () => {
    const publicKey = makeKey(key);
    const pack = path.join(folder, 'pack');
    sealPack(pack, key);
    const good = { problem: null, by: `minisign key ${publicKey}` };
    expect(checkSeal(pack, null)).toEqual(good);
    expect(checkSeal(pack, { kind: 'minisign', publicKeyFile: `${key}.pub` })).toEqual(good);
    makeKey(path.join(folder, 'other'));
    const other = { kind: 'minisign', publicKeyFile: path.join(folder, 'other.pub') } as const;
    expect(checkSeal(pack, other)).toMatchObject({
      problem: expect.stringContaining('does not hold'),
      by: null,
    });
    expect(checkSeal(pack, { kind: 'minisign', publicKeyFile: key })).toMatchObject({
      problem: `${key} holds no minisign public key`,
    });
    expect(checkSeal(pack, { kind: 'ssh', file: 'signers', identity: 'x' })).toMatchObject({
      problem: expect.stringContaining('signed with a minisign key'),
    });
  });

  it('has made no signature any byte of which can be changed, and none that holds for another manifest', () => {
    makeKey(key);
    const pack = path.join(folder, 'pack');
    sealPack(pack, key);
    const file = path.join(pack, 'manifest.sha256.minisig');
    const signature = readFileSync(file);
    for (let at = 0; at < signature.length; at += 1) {
      const changed = Buffer.from(signature);
      changed.writeUInt8((signature[at] ?? 0) ^ 1, at);
      writeFileSync(file, changed);
      expect(checkSeal(pack, null), `byte ${at}`).toMatchObject({ by: null });
    }
    writeFileSync(file, signature);
    writeFileSync(path.join(pack, 'added'), '');
    writeFileSync(path.join(pack, 'manifest.sha256'), packManifest(pack));
    expect(checkSeal(pack, null)).toMatchObject({ problem: expect.stringContaining('does not hold') });
    cpSync(file, path.join(pack, 'manifest.sha256.sig'));
    expect(checkSeal(pack, null)).toMatchObject({ problem: 'a signature was added' });
  });

  it('that is damaged is refused with what minisign says', () => {
    makeKey(key);
    writeFileSync(key, readFileSync(key, 'utf8').slice(0, 120));
    expect(() => sealPack(path.join(folder, 'pack'), key)).toThrow(
      expect.objectContaining({ code: 'DRILL_E_PACK', exit: 2, why: expect.not.stringContaining('ssh') }),
    );
  });
});

test('a minisign key with a password, or a public one, is refused before anybody is asked', () => {
  for (const text of [
    `${SAYS}RWRTY0IyUj/vic2vJvZzWm1DPybMDH1UvUAlwVbRF9uqNiaf6JwAAAAC\n`,
    'untrusted comment: minisign public key\nRWQAjOqukG3hU0DuK7+nU3xNK7qRF5LoGZyDa5yuP98TTTaVdp6Arryz\n',
  ]) {
    writeFileSync(key, text);
    expect(() => sealPack(path.join(folder, 'pack'), key)).toThrow(
      expect.objectContaining({ code: 'DRILL_E_PACK', why: expect.stringContaining('with a password') }),
    );
  }
});

test('without a minisign on PATH a key of it says what to install', () => {
  writeFileSync(key, `${SAYS}RWQAAEIyAAAA\n`);
  vi.stubEnv('PATH', folder);
  try {
    expect(() => sealPack(path.join(folder, 'pack'), key)).toThrow(
      expect.objectContaining({ code: 'DRILL_E_PACK', exit: 2, fix: 'install minisign' }),
    );
  } finally {
    vi.unstubAllEnvs();
  }
});
