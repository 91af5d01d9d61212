import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostLimit } from '../scenario/host-fault.ts';
import type { FaultRecord, HostScene } from './host-scene.ts';

/** Where the shell of the supervisor notes the limit that it has. */
const NOTE = 'open-files-limit';

/** What the shell does before it becomes the supervisor. */
export function limitCommand({ openFiles }: HostLimit): string {
  return `ulimit -n ${openFiles} && ulimit -n > ${NOTE} && `;
}

/** The supervisor was started with the limit. */
export function limitSeen({ underTest }: HostScene, { openFiles }: HostLimit, record: FaultRecord): void {
  try {
    const had = Number(readFileSync(join(underTest.host.paths.folder, NOTE), 'utf8'));
    record.engaged = had === openFiles;
    record.count = record.engaged ? 1 : 0;
  } catch {
    // It never came so far: not engaged.
  }
}
