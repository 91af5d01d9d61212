import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { packCommand } from '../commands/pack.ts';
import type { RunInfo } from '../evidence/run-info.ts';
import { entriesOf } from '../history/entry.ts';
import { appendHistory, historyFile, sha256 } from '../history/history-file.ts';
import { evidenceWith, finding } from '../judge/green-evidence.ts';
import { writeManifest } from '../manifest.ts';
import { saveRun } from '../save-run.ts';
import { buildPack, type PackRequest } from './build-pack.ts';
import { packManifest } from './pack-manifest.ts';
import { signWithSsh } from './ssh-signature.ts';
import { verifyPack, type VerifyTerms } from './verify-pack.ts';

let folder: string;
let key: string;
const STATED = 'stated by whoever made it, and borne out by nothing in it: packedAt, workIsKept';
const UNSIGNED = 'not signed: whoever can write here can have made all of it';
const TERMS: VerifyTerms = { signers: null, history: null, toolVersion: '0.1.0' };

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-pack-'));
  key = path.join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'drills', '-f', key]);
  for (const runId of ['r1', 'r2', 'r3']) saveAndRecord(runId);
  pack({ signKey: key });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A run as `drill run` leaves it, in the history too. */
function saveAndRecord(runId: string): void {
  const runDir = path.join(folder, runId);
  const evidence = evidenceWith(({ fleetFindings }) => void fleetFindings.push(finding('blobs', null)));
  const info: RunInfo = {
    runId,
    seed: 42,
    repeatCommand: 'npm run drill -- --scenario=tiny --seed=42',
    startedAt: '2026-11-01T00:00:00.000Z',
    durationMs: 90_000,
    tool: { version: '0.1.0' },
    environment: { node: '24.21.0' },
    drills: ['tiny'],
    reporterFailures: [],
  };
  mkdirSync(path.join(runDir, 'evidence', 'tiny', 'logs'), { recursive: true });
  writeFileSync(path.join(runDir, 'evidence', 'tiny', 'logs', 'supervisor.log'), 'started\n');
  writeFileSync(path.join(runDir, 'evidence', 'tiny', 'evidence.json'), JSON.stringify(evidence));
  const result = saveRun({ runId, runDir, outputDir: folder }, info, [evidence]);
  writeManifest(runDir);
  const manifest = sha256(readFileSync(path.join(runDir, 'manifest.sha256'), 'utf8'));
  appendHistory(historyFile(folder), entriesOf(result, manifest, new Set()));
}

function pack(change: Partial<PackRequest> = {}): string[] {
  return buildPack({
    runDir: path.join(folder, 'r2'),
    outputDir: folder,
    folder: path.join(folder, 'pack'),
    statement: null,
    signKey: null,
    packedAt: '2026-11-02T00:00:00.000Z',
    toolVersion: '0.1.0',
    secrets: [],
    ...change,
  });
}

/** A copy of the pack with something done to it. */
function tampered(change: (copy: string) => void, terms: Partial<VerifyTerms> = {}): readonly string[] {
  const copy = mkdtempSync(path.join(folder, 'copy-'));
  try {
    cpSync(path.join(folder, 'pack'), copy, { recursive: true });
    change(copy);
    return verifyPack(copy, { ...TERMS, ...terms }).problems;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** A copy of the pack with something done to it, and a manifest that hides it. */
function forged(
  change: (copy: string) => void,
  seal = remanifest,
  terms: Partial<VerifyTerms> = {},
): { readonly problems: readonly string[]; readonly notes: readonly string[] } {
  const copy = mkdtempSync(path.join(folder, 'copy-'));
  try {
    cpSync(path.join(folder, 'pack'), copy, { recursive: true });
    change(copy);
    seal(copy);
    const { problems, notes } = verifyPack(copy, { ...TERMS, ...terms });
    return { problems, notes };
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function remanifest(copy: string): void {
  writeFileSync(path.join(copy, 'manifest.sha256'), packManifest(copy));
}

function rewrite(copy: string, name: string, change: (text: string) => string): void {
  const file = path.join(copy, name);
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

function filesOf(place: string): string[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)));
}

describe('a pack', () => {
  it('is intact as it was made, and holds the run, the history up to it, and thirteen items', () => {
    const { problems, notes, result } = verifyPack(path.join(folder, 'pack'), TERMS);
    expect({ problems, notes, verdict: result?.verdict }).toEqual({
      problems: [],
      notes: [expect.stringMatching(/^signed by SHA256:\S+, and nobody vouches for that key/), STATED],
      verdict: 'fail',
    });
    const files = filesOf(path.join(folder, 'pack'));
    expect(files).toEqual(
      expect.arrayContaining(['run/result.json', 'run/report.html', 'manifest.sha256.sig']),
    );
    const lines = readFileSync(path.join(folder, 'pack', 'history.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(2);
    const { items } = JSON.parse(readFileSync(path.join(folder, 'pack', 'pack.json'), 'utf8')) as {
      items: Record<string, unknown>;
    };
    expect(Object.keys(items)).toHaveLength(13);
    expect(items).toMatchObject({
      verdict: { verdict: 'fail', exitCode: 1 },
      scope: [{ drillId: 'tiny', databases: 3, restored: 3, coveragePercent: 100 }],
      timeline: [{ disruptedAt: '2026-11-01T00:01:00.000Z' }],
      findings: { ofThisDrill: [{ check: 'blobs', verdict: 'fail' }] },
      trend: { earlier: [{ runId: 'r1', verdict: 'fail', rtoMs: 1600 }] },
      identity: { conductedBy: null },
    });
    const page = readFileSync(path.join(folder, 'pack', 'pack.md'), 'utf8');
    expect(page.match(/^## \d+\. /gm)).toHaveLength(13);
    expect(page).toContain('"conductedBy": "not stated"');
  });

  it('any byte that is changed in any file is found', () => {
    for (const file of filesOf(path.join(folder, 'pack'))) {
      const { length } = readFileSync(path.join(folder, 'pack', file));
      const change = (at: number, bits: number): void => {
        const problems = tampered((copy) => {
          const content = readFileSync(path.join(copy, file));
          content.writeUInt8((content[at] ?? 0) ^ bits, at);
          writeFileSync(path.join(copy, file), content);
        });
        expect(problems, `${file}, byte ${at}, bits ${bits}`).not.toEqual([]);
      };
      for (const at of [0, length - 2, length - 1]) change(at, 1);
      const anywhere = fc.property(fc.nat(length - 1), fc.integer({ min: 1, max: 255 }), change);
      fc.assert(anywhere, { numRuns: 4 });
    }
  }, 120_000);

  it('any file that is missing, cut or longer is found', () => {
    for (const file of filesOf(path.join(folder, 'pack'))) {
      expect(
        tampered((copy) => rmSync(path.join(copy, file))),
        `${file} removed`,
      ).not.toEqual([]);
      expect(
        tampered((copy) => appendFileSync(path.join(copy, file), '\n')),
        `${file} longer`,
      ).not.toEqual([]);
      expect(
        tampered((copy) => writeFileSync(path.join(copy, file), '')),
        `${file} emptied`,
      ).not.toEqual([]);
    }
  }, 120_000);

  test.each([
    ['a file', (copy: string) => writeFileSync(path.join(copy, 'run', 'new'), '')],
    ['an empty folder', (copy: string) => mkdirSync(path.join(copy, 'run', 'evidence', 'other'))],
    ['a link', (copy: string) => symlinkSync('/etc/hostname', path.join(copy, 'new'))],
    [
      'a line of the manifest, twice',
      (copy: string) => {
        const file = path.join(copy, 'manifest.sha256');
        appendFileSync(file, readFileSync(file, 'utf8').split('\n')[0] + '\n');
      },
    ],
  ])('%s that was added is found', (_, change) => expect(tampered(change)).not.toEqual([]));

  it('a forger who makes the manifest anew is found by the signature, and without one by the evidence', () => {
    const forge = (copy: string): void => {
      const file = path.join(copy, 'run', 'result.json');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"fail"', '"pass"'));
      writeManifest(path.join(copy, 'run'));
      writeFileSync(path.join(copy, 'manifest.sha256'), packManifest(copy));
    };
    expect(tampered(forge)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('the signature does not hold'),
        'pack.json: verdict is not what comes of the run and of what was stated',
        'the history names another manifest of this run',
        'run/result.json says something else than the evidence beside it',
      ]),
    );
  });

  it('a forger who makes the manifest anew and no signature is found by what can be derived again', () => {
    const verified = forged((copy) => {
      rewrite(copy, 'pack.json', (text) =>
        text
          .replace('"signed": true', '"signed": false')
          .replaceAll('"conductedBy": null', '"conductedBy": "Mallory"'),
      );
      rewrite(copy, 'pack.md', (text) => text.replace('drill: fail', 'drill: pass'));
      rmSync(path.join(copy, 'manifest.sha256.sig'));
    });
    expect(verified).toEqual({
      problems: [
        'pack.json: identity is not what comes of the run and of what was stated',
        'pack.md is not what comes of the run and of what was stated',
      ],
      notes: [UNSIGNED, STATED],
    });
  });

  it('a forger who states as somebody else is not found, so it is said that nothing bears it out', () => {
    const verified = forged((copy) => {
      const runDir = path.join(copy, 'run');
      const statement = path.join(folder, 'mallory.yaml');
      writeFileSync(statement, 'conductedBy: Mallory\n');
      const made = path.join(copy, 'made');
      pack({ runDir, folder: made, statement });
      for (const name of ['pack.json', 'pack.md']) cpSync(path.join(made, name), path.join(copy, name));
      rmSync(made, { recursive: true });
      rmSync(path.join(copy, 'manifest.sha256.sig'));
    });
    expect(verified).toEqual({
      problems: [],
      notes: [UNSIGNED, `${STATED}, conductedBy`],
    });
  });

  it('a forger who signs with a key of his own is named by it, and found by what can be derived again', () => {
    const other = path.join(folder, 'other-key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    const print = execFileSync('ssh-keygen', ['-l', '-f', other], { encoding: 'utf8' }).split(' ')[1] ?? '';
    const resign = (copy: string): void => {
      rmSync(path.join(copy, 'manifest.sha256.sig'));
      writeFileSync(path.join(copy, 'manifest.sha256'), packManifest(copy));
      signWithSsh(path.join(copy, 'manifest.sha256'), other);
    };
    const note = `signed by ${print}, and nobody vouches for that key: name --allowed-signers and --signer, or --public-key of minisign`;
    expect(forged(() => undefined, resign)).toEqual({ problems: [], notes: [note, STATED] });
    const change = (copy: string): void =>
      rewrite(copy, 'pack.json', (text) => text.replaceAll('"rtoMs": 1600', '"rtoMs": 160'));
    const { problems, notes } = forged(change, resign);
    expect(problems).toContain('pack.json: results is not what comes of the run and of what was stated');
    expect(notes).toEqual([note, STATED]);
  });

  it('a verdict that is another in pack.json than in the run is found, whichever version made it', () => {
    const change = (copy: string): void =>
      rewrite(copy, 'pack.json', (text) =>
        text.replace(
          '"verdict": {\n      "verdict": "fail"',
          '"verdict": {\n      "verdict": "inconclusive"',
        ),
      );
    expect(forged(change).problems).toContain(
      'pack.json: verdict is not what comes of the run and of what was stated',
    );
    const foreign = { toolVersion: '9.9.9' };
    expect(forged(change, remanifest, foreign).problems).toContain(
      'pack.json says inconclusive, exit code 1, and the run fail, exit code 1',
    );
  });

  it('a link in place of a file is found, whatever the manifest says of it', () => {
    const verified = forged((copy) => {
      const log = path.join(copy, 'run', 'evidence', 'tiny', 'logs', 'supervisor.log');
      rmSync(log);
      symlinkSync('/etc/hostname', log);
      writeManifest(path.join(copy, 'run'));
    });
    expect(verified.problems).toContain('run/evidence/tiny/logs/supervisor.log is no file');
  });

  it('a pack that does not keep apart what was stated is not believed', () => {
    const change = (copy: string): void =>
      rewrite(copy, 'pack.json', (text) => {
        const { stated: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
        return `${JSON.stringify(rest, null, 2)}\n`;
      });
    expect(forged(change).problems).toContain(
      'pack.json does not keep apart what was stated, so nothing of it can be derived again',
    );
  });

  it('is held against those who may sign, and against the true history', () => {
    const file = path.join(folder, 'signers');
    writeFileSync(file, `drills@example.test ${readFileSync(`${key}.pub`, 'utf8')}`);
    const by = (identity: string): Partial<VerifyTerms> => ({ signers: { kind: 'ssh', file, identity } });
    expect(tampered(() => undefined, by('drills@example.test'))).toEqual([]);
    expect(tampered(() => undefined, by('else@example.test'))).not.toEqual([]);
    const history = path.join(folder, 'true.ndjson');
    writeFileSync(history, readFileSync(historyFile(folder)));
    expect(tampered(() => undefined, { history })).toEqual([]);
    writeFileSync(history, readFileSync(historyFile(folder), 'utf8').replace('"r1"', '"rx"'));
    expect(tampered(() => undefined, { history })).toEqual([
      `history.ndjson is not the beginning of ${history}`,
    ]);
  });

  it('of another version is not judged again, and says so', () => {
    const { problems, notes } = verifyPack(path.join(folder, 'pack'), { ...TERMS, toolVersion: '9.9.9' });
    expect({ problems, notes }).toEqual({
      problems: [],
      notes: [
        expect.stringContaining('signed by SHA256:'),
        'made with version 0.1.0, and this is 9.9.9: not judged again',
        STATED,
      ],
    });
  });
});

describe('making one', () => {
  it('takes what no program can know from a statement, and tells what will be missed', () => {
    const statement = path.join(folder, 'statement.yaml');
    const said = 'conductedBy: Ada\nnextDrill: 2027-02-01\nfindings:\n  - { finding: slow, owner: Bo }\n';
    writeFileSync(statement, said);
    const made = path.join(folder, 'stated');
    expect(pack({ folder: made, statement })).toEqual(['it is not signed: --sign=KEY']);
    expect(JSON.parse(readFileSync(path.join(made, 'pack.json'), 'utf8'))).toMatchObject({
      items: {
        identity: { conductedBy: 'Ada' },
        findings: { stated: [{ finding: 'slow', owner: 'Bo' }] },
        trend: { nextDrill: '2027-02-01' },
      },
    });
    writeFileSync(statement, 'conductedby: Ada\n');
    const refused = path.join(folder, 'refused');
    expect(() => pack({ folder: refused, statement })).toThrow(
      expect.objectContaining({ code: 'DRILL_E_PACK' }),
    );
    expect(readdirSync(folder)).not.toContain('refused');
  });

  it('is named after the run, also where the run is named by a link', () => {
    const lines: string[] = [];
    const screen = {
      write: (text: string) => void lines.push(text),
      columns: 80,
      colour: false,
      motion: false,
    };
    symlinkSync('r1', path.join(folder, 'latest'));
    expect(
      packCommand('latest', { pack: true, outputDir: folder }, { stdout: screen, stderr: screen, env: {} }),
    ).toBe(0);
    rmSync(path.join(folder, 'latest'));
    expect(lines).toContain(`${path.join(realpathSync(folder), 'r1')}-pack\n`);
    expect(verifyPack(path.join(folder, 'r1-pack'), TERMS).problems).toEqual([]);
  });

  it('leaves out what no manifest can name: links and empty folders', () => {
    const runDir = path.join(folder, 'r2');
    const made = path.join(folder, 'plain');
    mkdirSync(path.join(runDir, 'evidence', 'empty'));
    symlinkSync('/etc/hostname', path.join(runDir, 'link'));
    pack({ folder: made });
    rmSync(path.join(runDir, 'evidence', 'empty'), { recursive: true });
    rmSync(path.join(runDir, 'link'));
    expect(verifyPack(made, TERMS).problems).toEqual([]);
    expect(readdirSync(path.join(made, 'run'))).not.toContain('link');
  });

  it('refuses a folder that is there, a key that is none, and a run that holds a credential', () => {
    expect(() => pack()).toThrow('is there already');
    const made = path.join(folder, 'unsigned');
    expect(() => pack({ folder: made, signKey: path.join(folder, 'no-key') })).toThrow('could not be signed');
    writeFileSync(path.join(folder, 'r3', 'evidence', 'tiny', 'logs', 'leak.log'), 'key=hunter22222\n');
    const leaky = { folder: made, runDir: path.join(folder, 'r3'), secrets: ['hunter22222'] };
    expect(() => pack(leaky)).toThrow('run/evidence/tiny/logs/leak.log holds a credential');
    expect(readdirSync(folder).filter((name) => name.startsWith('unsigned'))).toEqual([]);
  });
});
