import type { ReplicatedDatabase } from './bucket-layout.ts';
import {
  firstGap,
  generationOfNewestSnapshot,
  hex,
  restoredGeneration,
  restoredSnapshot,
  type SegmentObject,
  type SnapshotObject,
  segmentsFrom,
} from './generation-layout.ts';
import { localGeneration, localPosition, type Position } from './local-position.ts';
import { lz4FrameLength } from './lz4-length.ts';
import { type Mark, type Protection, unprotected, type WatchedDatabase } from './protection-facts.ts';
import type { RestoreRule } from './version.ts';

/**
 * Protection by the generations of Litestream 0.3.
 *
 * It makes a snapshot by copying the database file while checkpoints may go on, so the copy may hold pages
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
export class GenerationProtection {
  readonly #readObject: (key: string) => Promise<Uint8Array>;
  readonly #rule: RestoreRule;
  readonly #states = new Map<string, State>();
  /** Generations of databases that others have replaced: Litestream begins a new one with those. */
  readonly #formers = new Map<string, string>();

  constructor(options: { readObject: (key: string) => Promise<Uint8Array>; rule: RestoreRule }) {
    this.#readObject = options.readObject;
    this.#rule = options.rule;
  }

  async judge(
    watched: WatchedDatabase,
    found: ReplicatedDatabase | undefined,
    nowUs: number,
  ): Promise<Protection> {
    const chain = found === undefined ? null : restoredChain(found, this.#rule);
    const former = this.#formers.get(watched.path);
    if (former !== undefined && localGeneration(watched.file) === former) {
      this.lapse(watched.path);
      return unprotected(`generation ${former} is of the database that was here before`);
    }
    const state = chain === null ? null : this.#stateOf(watched, chain, nowUs);
    if (chain === null || state === null || localGeneration(watched.file) !== chain.generation) {
      this.lapse(watched.path);
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

  /** Whether a commit made before `mark` was taken is in what a restore would give back, by the last listing judged. */
  async covers(path: string, mark: Mark): Promise<boolean> {
    const state = this.#states.get(path);
    if (state === undefined || state.protectedUs === null) return false;
    // The segments of an older WAL may be gone behind a newer snapshot: that one has what was in them.
    if (state.targetUs >= mark.atUs) return true;
    return mark.position?.generation === state.target.generation && this.#reaches(state, mark.position);
  }

  /** It is not protected this way any more; what is known of it is kept. */
  lapse(path: string): void {
    const state = this.#states.get(path);
    if (state !== undefined) state.protectedUs = null;
  }

  forget(path: string): void {
    this.#states.delete(path);
    this.#formers.delete(path);
  }

  /** The file at this path is another one, and nobody replicates it now: the generation so far is of the former one. */
  replaced({ path, file }: WatchedDatabase): void {
    const former = localGeneration(file);
    if (former !== null) this.#formers.set(path, former);
    this.#states.delete(path);
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

function restoredChain({ generations }: ReplicatedDatabase, rule: RestoreRule): Chain | null {
  const generation =
    rule === 'generations' ? restoredGeneration(generations) : generationOfNewestSnapshot(generations);
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
