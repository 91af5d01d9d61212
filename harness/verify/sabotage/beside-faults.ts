import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { blobContent } from '../../fleet/blobs.ts';
import { blobPath, hooksFolder, storageFolder } from '../../fleet/layout.ts';
import type { BlobHistory, HookHistory } from '../../ledger/file-history.ts';
import { placeOf } from '../places.ts';
import type { Fault } from './fault.ts';
import { historyOf, seededId, type Target } from './target.ts';

/** Faults of what lies beside the databases: blobs, against their mirror, and hooks, against version control. */
export const BESIDE_FAULTS: readonly Fault[] = [
  {
    name: 'blob cut short',
    plant: (target) => {
      const blob = blobFile(target, seededId(target, target.idle, '_files'), target.idle);
      truncateSync(blob, Math.floor(readFileSync(blob).length / 2));
      return { findings: [['blobs', target.idle, 1]] };
    },
  },
  {
    name: 'blob of an upload that the mirror had, missing',
    plant: (target) => {
      rmSync(blobFile(target, mirrored(target).file));
      return { findings: [['blobs', target.hot, 1]] };
    },
  },
  {
    name: 'blob not yet mirrored, missing',
    plant: (target) => {
      rmSync(blobFile(target, unmirrored(target).file));
      return { findings: [['blobs', target.hot, 1]], excused: true };
    },
  },
  {
    name: 'blob not yet mirrored, cut short',
    plant: (target) => {
      truncateSync(blobFile(target, unmirrored(target).file), 0);
      return { findings: [['blobs', target.hot, 1]] };
    },
  },
  {
    name: 'blob not yet mirrored, longer',
    plant: (target) => {
      appendFileSync(blobFile(target, unmirrored(target).file), 'x');
      return { findings: [['blobs', target.hot, 1]] };
    },
  },
  {
    name: "another app's blob beside one's own",
    plant: (target) => {
      const id = seededId(target, target.idle, '_files');
      const copy = blobFile(target, id, target.hot);
      copyFileSync(blobFile(target, id, target.idle), copy);
      return { findings: [['blobs', target.hot, 1]] };
    },
  },
  {
    name: "another app's blob in the place of one's own",
    plant: (target) => {
      const own = blobFile(target, mirrored(target).file);
      copyFileSync(blobFile(target, seededId(target, target.idle, '_files'), target.idle), own);
      return { findings: [['blobs', target.hot, 1]] };
    },
  },
  {
    name: 'storage of two apps exchanged',
    plant: (target) => {
      const [a, b] = [target.idle, target.hot].map((path) => join(target.scene.dataDir, storageFolder(path)));
      const counts = [target.idle, target.hot].map((path) => blobCount(target, path));
      renameSync(a ?? '', `${a}-x`);
      renameSync(b ?? '', a ?? '');
      renameSync(`${a}-x`, b ?? '');
      // The own ones are missing, those of the other are strangers; what was not yet mirrored is a finding of its own.
      return {
        findings: [
          ['blobs', target.idle, counts[0] ?? 0],
          ['blobs', target.idle, counts[1] ?? 0],
          ['blobs', target.hot, (counts[1] ?? 0) - 1],
          ['blobs', target.hot, 1],
          ['blobs', target.hot, counts[0] ?? 0],
        ],
      };
    },
  },
  {
    name: 'blob of a deleted file back',
    plant: (target) => {
      const { file, sizeBytes } = deleted(target);
      writeFileSync(blobFile(target, file), blobContent(file, sizeBytes), { mode: 0o600 });
      return { findings: [['blobs', target.hot, 1]] };
    },
  },
  {
    name: 'blobs that nobody ever uploaded, one of them staged',
    plant: (target) => {
      for (const name of ['stranger', 'stranger#1'])
        writeFileSync(blobFile(target, name), 'x', { mode: 0o600 });
      return { findings: [['blobs', target.hot, 2]] };
    },
  },
  {
    name: 'blob of an app that never was',
    plant: (target) => {
      const file = join(target.scene.dataDir, blobPath('nobody', 'nothing', 'stranger'));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'x', { mode: 0o600 });
      return { findings: [['blobs', null, 1]] };
    },
  },
  {
    name: 'hook missing',
    plant: (target) => {
      rmSync(hookFile(target, target.idle, committed(target, target.idle)));
      return { findings: [['hooks', target.idle, 1]] };
    },
  },
  {
    name: 'every hook of an app missing',
    plant: (target) => {
      const { hooks } = historyOf(target, target.idle);
      rmSync(dirname(hookFile(target, target.idle, committed(target, target.idle))), { recursive: true });
      return { findings: [['hooks', target.idle, hooks.size]] };
    },
  },
  hookFault('one byte of a hook changed', (file) => {
    const bytes = readFileSync(file);
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  }),
  hookFault('hook cut short', (file) => truncateSync(file, readFileSync(file).length - 1)),
  hookFault('hook of zero bytes', (file) => truncateSync(file, 0)),
  hookFault('hook with other ends of line', (file) =>
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n')),
  ),
  {
    name: 'hook added',
    plant: (target) => {
      writeFileSync(hookFile(target, target.idle, 'backdoor.js'), 'x', { mode: 0o600 });
      return { findings: [['hooks', target.idle, 1]] };
    },
  },
  {
    name: "another app's hook in the place of one's own",
    plant: (target) => {
      const name = committed(target, target.idle);
      cpSync(hookFile(target, target.hot, name), hookFile(target, target.idle, name));
      return { findings: [['hooks', target.idle, 1]] };
    },
  },
  {
    name: 'hooks of two apps exchanged',
    plant: (target) => {
      const [a, b] = [target.idle, target.hot].map((path) => dirname(hookFile(target, path, 'x')));
      renameSync(a ?? '', `${a}-x`);
      renameSync(b ?? '', a ?? '');
      renameSync(`${a}-x`, b ?? '');
      return {
        findings: [
          ['hooks', target.idle, target.drilled.plan.hooksPerApp],
          ['hooks', target.hot, target.drilled.plan.hooksPerApp],
        ],
      };
    },
  },
  {
    name: 'hook of an app that never was',
    plant: (target) => {
      const file = join(target.scene.dataDir, hooksFolder('nobody', 'nothing'), 'stranger.ts');
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'x', { mode: 0o600 });
      return { findings: [['hooks', null, 1]] };
    },
  },
  {
    name: 'hook as it was live, from the dead disk',
    plant: (target) => {
      const { path, hook } = edited(target, ({ committedSha256 }) => committedSha256 !== null);
      writeFileSync(hookFile(target, path, hook.name), liveSource(target, path, hook), { mode: 0o600 });
      return { findings: [['hooks', path, 1]] };
    },
  },
  {
    name: 'hook that was made live and never committed, from the dead disk',
    plant: (target) => {
      const { path, hook } = edited(target, ({ committedSha256 }) => committedSha256 === null);
      writeFileSync(hookFile(target, path, hook.name), liveSource(target, path, hook), { mode: 0o600 });
      return { findings: [['hooks', path, 1]] };
    },
  },
  {
    name: 'hook that is a link',
    plant: (target) => {
      const file = hookFile(target, target.idle, committed(target, target.idle));
      const elsewhere = join(dirname(target.scene.dataDir), 'elsewhere.js');
      renameSync(file, elsewhere);
      symlinkSync(elsewhere, file);
      return {
        findings: [
          ['hooks', target.idle, 1],
          ['clean-host', null, 1],
        ],
      };
    },
  },
  {
    name: 'file that is no hook among the hooks',
    plant: (target) => {
      writeFileSync(hookFile(target, target.idle, '.env'), 'x', { mode: 0o600 });
      return { findings: [['clean-host', null, 1]] };
    },
  },
];

/** In a hook of the idle app. */
function hookFault(name: string, damage: (file: string) => void): Fault {
  return {
    name,
    plant: (target) => {
      damage(hookFile(target, target.idle, committed(target, target.idle)));
      return { findings: [['hooks', target.idle, 1]] };
    },
  };
}

function blobFile({ scene, hot }: Target, id: string, path = hot): string {
  return join(scene.dataDir, storageFolder(path), id);
}

function blobCount({ scene }: Target, path: string): number {
  return [...(scene.ledger.databases.get(path)?.blobs.values() ?? [])].filter(
    ({ deletedUs }) => deletedUs === null,
  ).length;
}

/** A blob of the hot app of this kind. */
function blobOf(target: Target, what: string, accept: (blob: BlobHistory) => boolean): BlobHistory {
  const found = [...historyOf(target, target.hot).blobs.values()].find(accept);
  if (found === undefined) throw new Error(`no ${what} in ${target.hot}: choose another seed`);
  return found;
}

function mirrored(target: Target): BlobHistory {
  const { mirroredUpToUs } = target.scene;
  return blobOf(target, 'mirrored upload', ({ seeded, storedUs, deletedUs }) => {
    return !seeded && deletedUs === null && storedUs !== null && storedUs < mirroredUpToUs;
  });
}

function unmirrored(target: Target): BlobHistory {
  const { mirroredUpToUs } = target.scene;
  return blobOf(target, 'upload to come', ({ storedUs }) => storedUs !== null && storedUs >= mirroredUpToUs);
}

function deleted(target: Target): BlobHistory {
  const { mirroredUpToUs } = target.scene;
  return blobOf(target, 'deleted blob', ({ deletedUs }) => deletedUs !== null && deletedUs < mirroredUpToUs);
}

function hookFile({ scene }: Target, path: string, name: string): string {
  const { realm = '', app = '' } = placeOf(path) ?? {};
  return join(scene.dataDir, hooksFolder(realm, app), name);
}

/** A hook that version control has. */
function committed(target: Target, path: string): string {
  const found = [...historyOf(target, path).hooks.values()].find(
    ({ committedSha256 }) => committedSha256 !== null,
  );
  if (found === undefined) throw new Error(`${path} has no hooks`);
  return found.name;
}

function edited(
  { scene }: Target,
  accept: (hook: HookHistory) => boolean,
): { readonly path: string; readonly hook: HookHistory } {
  for (const { path, hooks, deletedUs } of scene.ledger.databases.values()) {
    const hook = [...hooks.values()].find((one) => one.editsUs.length > 0 && accept(one));
    if (hook !== undefined && deletedUs === null) return { path, hook };
  }
  throw new Error('no such hook was edited: choose another seed');
}

/** What an edit left on the host. */
function liveSource({ drilled }: Target, path: string, { name }: HookHistory): Buffer {
  const { realm = '', app = '' } = placeOf(path) ?? {};
  const source = drilled.liveHooks.get(`${hooksFolder(realm, app)}/${name}`);
  if (source === undefined) throw new Error(`${path} has no live hook ${name}`);
  return source;
}
