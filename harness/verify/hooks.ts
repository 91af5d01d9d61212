import { join } from 'node:path';
import type { Evidence } from '../evidence.ts';
import type { Finding } from '../evidence/checks.ts';
import { contentHash } from '../fleet/blobs.ts';
import { hooksFolder } from '../fleet/layout.ts';
import type { HookHistory } from '../ledger/file-history.ts';
import { contentOf } from './blob-facts.ts';
import { counted, few, finding } from './finding.ts';
import type { FleetView } from './fleet-view.ts';
import { HOOK_PATH, placeOf } from './places.ts';

const NAMES_MAX = 20;

/**
 * `hooks`: they are not replicated, by design, so what has to come back is what version control holds, byte by byte,
 * and nothing else. What was saved live and never committed is lost: that is counted, and no finding.
 */
export async function verifyHooks(
  view: FleetView,
): Promise<{ readonly findings: Finding[]; readonly measured: NonNullable<Evidence['hooks']> }> {
  const expected = expectedHooks(view);
  const owners = new Map([...expected].map(([path, { hook }]) => [hook.committedSha256, path]));
  const restored = await restoredHooks(view);
  const faults = new Map<string | null, string[]>();
  const fault = (database: string | null, words: string): void => {
    faults.set(database, [...(faults.get(database) ?? []), words]);
  };
  for (const [path, { database, hook }] of expected) {
    const found = restored.get(path);
    if (hook.committedSha256 === null) continue;
    if (found === undefined) fault(database, `${path} is missing`);
    else if (found === null) fault(database, `${path} may not be read`);
    else if (found !== hook.committedSha256) fault(database, `${path} ${otherThan(found, hook, owners)}`);
  }
  for (const path of restored.keys()) {
    const known = expected.get(path);
    if (known !== undefined && known.hook.committedSha256 !== null) continue;
    fault(known?.database ?? databaseOf(view, path), `${path} is not in version control`);
  }
  const findings = [...faults].map(([database, words]) =>
    finding('hooks', database, {
      expected: 'the hooks that version control holds, byte by byte',
      actual: `${counted(words.length, 'hook')} missing, other or added`,
      detail: few(words),
      count: words.length,
    }),
  );
  return { findings, measured: measureHooks(expected, restored) };
}

interface ExpectedHook {
  readonly database: string;
  readonly hook: HookHistory;
}

/** By path. The hooks of an app outlive it: a checkout brings those back as well. */
function expectedHooks({ ledger }: FleetView): ReadonlyMap<string, ExpectedHook> {
  const hooks = new Map<string, ExpectedHook>();
  for (const history of [...ledger.earlier, ...ledger.databases.values()]) {
    const { realm = '', app = '' } = placeOf(history.path) ?? {};
    for (const hook of history.hooks.values())
      hooks.set(`${hooksFolder(realm, app)}/${hook.name}`, { database: history.path, hook });
  }
  return hooks;
}

/** Path → SHA-256; null: its owner may not read it. */
async function restoredHooks({
  restoredDir,
  entries,
}: FleetView): Promise<ReadonlyMap<string, string | null>> {
  const hooks = new Map<string, string | null>();
  for (const { path, kind } of entries) {
    if (kind !== 'file' || !HOOK_PATH.test(path)) continue;
    const content = await contentOf(join(restoredDir, path));
    hooks.set(path, content === null ? null : contentHash(content));
  }
  return hooks;
}

function otherThan(found: string, hook: HookHistory, owners: ReadonlyMap<string | null, string>): string {
  const owner = owners.get(found);
  if (owner !== undefined) return `is ${owner}`;
  return found === hook.liveSha256
    ? 'is as it was live, which nobody committed'
    : 'is not as version control has it';
}

function databaseOf({ ledger }: FleetView, hook: string): string | null {
  const [, realm = '', app = ''] = hook.split('/');
  const owner = [...ledger.databases.keys()].find((path) => {
    const place = placeOf(path);
    return place?.kind === 'app' && place.realm === realm && place.app === app;
  });
  return owner ?? null;
}

function measureHooks(
  expected: ReadonlyMap<string, ExpectedHook>,
  restored: ReadonlyMap<string, string | null>,
): NonNullable<Evidence['hooks']> {
  const all = [...expected].map(([path, { hook }]) => ({ path, ...hook }));
  const drifted = all.filter(({ path, liveSha256 }) => restored.get(path) !== liveSha256);
  const edits = (hooks: readonly HookHistory[]): number =>
    hooks.reduce((sum, { editsUs }) => sum + editsUs.length, 0);
  return {
    committed: all.filter(({ committedSha256 }) => committedSha256 !== null).length,
    acknowledgedEdits: edits(all),
    lostEdits: edits(drifted),
    drifted: drifted
      .filter(({ editsUs }) => editsUs.length > 0)
      .map(({ path }) => path)
      .toSorted()
      .slice(0, NAMES_MAX),
  };
}
