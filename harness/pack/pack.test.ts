import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { RunInfo } from '../evidence/run-info.ts';
import { entriesOf } from '../history/entry.ts';
import { appendHistory, historyFile, sha256 } from '../history/history-file.ts';
import { evidenceWith, finding } from '../judge/green-evidence.ts';
import { writeManifest } from '../manifest.ts';
import { saveRun } from '../save-run.ts';
import { buildPack, type PackRequest } from './build-pack.ts';
import { packManifest } from './pack-manifest.ts';
import { verifyPack, type VerifyTerms } from './verify-pack.ts';

let folder: string;
let key: string;
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
      notes: [],
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
    expect(tampered(forge)).toEqual([
      expect.stringContaining('the signature does not hold'),
      'the history names another manifest of this run',
      'run/result.json says something else than the evidence beside it',
    ]);
  });

  it('is held against those who may sign, and against the true history', () => {
    const file = path.join(folder, 'signers');
    writeFileSync(file, `drills@example.test ${readFileSync(`${key}.pub`, 'utf8')}`);
    const by = (identity: string): Partial<VerifyTerms> => ({ signers: { file, identity } });
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
      notes: ['made with version 0.1.0, and this is 9.9.9: not judged again'],
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
