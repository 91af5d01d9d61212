import {
  databasesInBucket,
  firstGap,
  hex,
  type ListedObject,
  type ReplicatedDatabase,
  restoredGeneration,
  restoredSnapshot,
  type SegmentObject,
  type SnapshotObject,
  segmentsFrom,
} from './bucket-layout.ts';
import { localGeneration, localPosition, type Position } from './local-position.ts';
import { lz4FrameLength } from './lz4-length.ts';

/**
 * When is a database protected, that is: does the bucket alone give back a sound copy of it?
 *
 * Litestream 0.3 makes a snapshot by copying the database file while checkpoints may go on, so the copy may hold pages
 * of commits whose WAL has not been uploaded. A restore of it with too little WAL mixes pages of different instants:
 * exit code 0 and a malformed file. What a checkpoint had moved into the file by the end of the copy cannot lie beyond
 * the end of the WAL at any later instant. So, once the snapshot is SEEN in a listing, the WAL's present end is noted as
 * the target, and the database is protected when the uploaded segments run from the snapshot's index to the target.
 *
 * - Judged is what a restore would take (newest generation, newest snapshot in it), not what we would like it to take.
 *   A new generation, or a new snapshot of the same one, opens the window again.
 * - A segment's end is not in its key. If a later segment of the same WAL file begins at or after the target, the target
 *   is covered, since each begins where the one before it ended. Otherwise the last segment of that WAL file is read
 *   once and its length counted: exact also for an idle database, to which no later segment will ever come.
 * - An upload that a listing does not show counts for nothing, nor does the process, its log or its metrics.
 */
export class ProtectionTracker {
  readonly #prefix: string;
  readonly #readObject: (key: string) => Promise<Uint8Array>;
  readonly #states = new Map<string, State>();

  constructor(options: { prefix: string; readObject: (key: string) => Promise<Uint8Array> }) {
    this.#prefix = options.prefix;
    this.#readObject = options.readObject;
  }

  /**
   * Takes in one listing of the fleet's prefix. `nowUs` is an instant before the call; what is first seen protected in
   * this listing is protected since then.
   */
  async observe(
    objects: readonly ListedObject[],
    databases: readonly WatchedDatabase[],
    nowUs: number,
  ): Promise<Map<string, Protection>> {
    const inBucket = new Map(databasesInBucket(objects, this.#prefix).map((found) => [found.path, found]));
    const answers = new Map<string, Protection>();
    const waiting = [...databases];
    const worker = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        answers.set(next.path, await this.#judge(next, inBucket.get(next.path), nowUs));
      }
    };
    await Promise.all(Array.from({ length: READERS }, worker));
    const watched = new Set(databases.map(({ path }) => path));
    for (const path of this.#states.keys()) if (!watched.has(path)) this.#states.delete(path);
    return answers;
  }

  /**
   * Whether a commit made before `mark` was taken is in what a restore would give back, by the last listing observed.
   * A mark from before the present generation is covered by a snapshot that was seen after it.
   */
  async covers(path: string, mark: Mark): Promise<boolean> {
    const state = this.#states.get(path);
    if (state === undefined || state.protectedUs === null) return false;
    return mark.position?.generation === state.target.generation
      ? this.#reaches(state, mark.position)
      : state.targetUs >= mark.atUs;
  }

  async #judge(
    watched: WatchedDatabase,
    found: ReplicatedDatabase | undefined,
    nowUs: number,
  ): Promise<Protection> {
    const chain = found === undefined ? null : restoredChain(found);
    const state = chain === null ? null : this.#stateOf(watched, chain, nowUs);
    if (chain === null || state === null || localGeneration(watched.file) !== chain.generation) {
      const before = this.#states.get(watched.path);
      if (before !== undefined) before.protectedUs = null;
      return unprotected(reasonWithoutState(watched.file, chain));
    }
    const refusal = await this.#refusal(state, chain);
    if (refusal !== null) {
      state.protectedUs = null;
      return unprotected(refusal);
    }
    state.protectedUs ??= nowUs;
    const last = chain.segments.at(-1);
    const position =
      last === undefined
        ? state.target
        : { generation: chain.generation, index: last.index, offset: last.offset };
    return { protectedUs: state.protectedUs, reason: 'protected', position };
  }

  /** The state for the snapshot that a restore would take now; a new one begins with the WAL's present end as its target. */
  #stateOf({ path, file }: WatchedDatabase, chain: Chain, nowUs: number): State | null {
    const { key, modifiedAt, sizeBytes } = chain.snapshot;
    const snapshotId = `${key} ${modifiedAt.getTime()} ${sizeBytes}`;
    const known = this.#states.get(path);
    if (known?.snapshotId === snapshotId) return known;
    const target = localPosition(file);
    if (target === null || target.generation !== chain.generation) return null;
    const state: State = {
      snapshotId,
      target,
      targetUs: nowUs,
      segments: [],
      proven: false,
      vanished: null,
      protectedUs: null,
      measured: null,
    };
    this.#states.set(path, state);
    return state;
  }

  async #refusal(state: State, chain: Chain): Promise<string | null> {
    if (chain.segments.length < state.segments.length) {
      const present = new Set(chain.segments.map(({ key }) => key));
      state.vanished ??= state.segments.find(({ key }) => !present.has(key))?.key ?? null;
    }
    state.segments = chain.segments;
    if (state.vanished !== null) return `${state.vanished} was in the bucket and is gone`;
    const gap = firstGap(chain.segments, chain.snapshot.index);
    if (gap !== null) return gap;
    try {
      state.proven ||= await this.#reaches(state, state.target);
    } catch (error) {
      return `the last segment cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    const { index, offset } = state.target;
    return state.proven ? null : `the WAL is not uploaded up to ${hex(index)}:${hex(offset)} yet`;
  }

  async #reaches(state: State, { index, offset }: Position): Promise<boolean> {
    const last = state.segments.findLast((segment) => segment.index === index);
    if (last === undefined) return false;
    if (last.offset >= offset) return true;
    const id = `${last.key} ${last.modifiedAt.getTime()} ${last.sizeBytes}`;
    if (state.measured?.id !== id) {
      state.measured = { id, end: last.offset + lz4FrameLength(await this.#readObject(last.key)) };
    }
    return state.measured.end >= offset;
  }
}

export interface WatchedDatabase {
  /** Relative to data_dir, as in the bucket. */
  readonly path: string;
  /** The live file. */
  readonly file: string;
}

export interface Protection {
  /** Since when, without a break; null: not protected. */
  readonly protectedUs: number | null;
  readonly reason: string;
  /** Start of the newest segment in the bucket: everything before it is there. */
  readonly position: Position | null;
}

/** Where a database stood at an instant. */
export interface Mark {
  readonly position: Position | null;
  readonly atUs: number;
}

/** Marks where a database stands now, to ask later whether the bucket has come that far. `nowUs`: an instant before the call. */
export function markPosition(file: string, nowUs: number): Mark {
  return { position: localPosition(file), atUs: nowUs };
}

/** Segments read at once. */
const READERS = 8;

interface State {
  readonly snapshotId: string;
  readonly target: Position;
  readonly targetUs: number;
  segments: readonly SegmentObject[];
  proven: boolean;
  vanished: string | null;
  protectedUs: number | null;
  measured: { readonly id: string; readonly end: number } | null;
}

/** What a restore would take. */
interface Chain {
  readonly generation: string;
  readonly snapshot: SnapshotObject;
  readonly segments: readonly SegmentObject[];
}

function restoredChain(found: ReplicatedDatabase): Chain | null {
  const generation = restoredGeneration(found);
  const snapshot = generation === null ? null : restoredSnapshot(generation);
  if (generation === null || snapshot === null) return null;
  return { generation: generation.id, snapshot, segments: segmentsFrom(generation, snapshot) };
}

function reasonWithoutState(file: string, chain: Chain | null): string {
  const local = localGeneration(file);
  if (local === null) return 'Litestream has not begun with it';
  if (chain === null) return 'no snapshot in the bucket';
  return local === chain.generation
    ? 'its position cannot be read'
    : `a restore would take generation ${chain.generation}, but ${local} is being written`;
}

function unprotected(reason: string): Protection {
  return { protectedUs: null, reason, position: null };
}
