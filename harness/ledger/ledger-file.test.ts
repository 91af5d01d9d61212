import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ledgerFile } from './ledger-file.ts';

it('has every record in the file when append returns', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drill-ledger-'));
  const descriptor = openSync(join(folder, 'writer-0.ndjson'), 'a');
  try {
    const ledger = ledgerFile(descriptor);
    ledger.append({ t: 'gone', db: 'realms/größe/realm.db', at: 1 });
    const text = (): string => readFileSync(join(folder, 'writer-0.ndjson'), 'utf8');
    expect(text()).toBe('{"t":"gone","db":"realms/größe/realm.db","at":1}\n');
    ledger.append({ t: 'end', at: 2 });
    expect(text().split('\n')).toHaveLength(3);
  } finally {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  }
});

it('says so when the ledger takes nothing more', () => {
  // Where every write fails for want of space.
  const descriptor = openSync('/dev/full', 'a');
  try {
    expect(() => ledgerFile(descriptor).append({ t: 'end', at: 1 })).toThrow(
      'could not be written to the ledger',
    );
  } finally {
    closeSync(descriptor);
  }
});
