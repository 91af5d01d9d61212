import type { ReplicatedDatabase } from './bucket-layout.ts';
import { fileIdentity } from './file-identity.ts';
import { type LtxPosition, localTxid, ltxPosition, txidAfter, txidReaching } from './local-ltx.ts';
import { type LtxPlan, ltxRestorePlan, txidText } from './ltx-layout.ts';
import { type Mark, type Protection, unprotected, type WatchedDatabase } from './protection-facts.ts';

/**
 * Protection by the LTX files of Litestream 0.5.
 *
 * Every LTX file ends at a commit, so whatever a restore can put together without a gap is sound. The question is whose
 * it is: a chain below this path may be of a database that was deleted, or of the one that this was restored from. An LTX
 * file names the WAL that it was made from by its salts. So the end of the live WAL is noted as the target, and the
 * database is protected once a file of that very WAL that reaches the target is in what a restore would take.
 *
 * - Judged is what a restore would take (`ltxRestorePlan`), by the listing alone: no object is read.
 * - A file that is replaced by another begins anew, and nothing up to the last id before that counts for it.
 * - A bucket that is ahead of the local files is written by somebody else, or holds another life of this database.
 */
export class LtxProtection {
  readonly #states = new Map<string, State>();
  readonly #floors = new Map<string, Floor>();

  judge({ path, file }: WatchedDatabase, found: ReplicatedDatabase, nowUs: number): Protection {
    const plan = ltxRestorePlan(found.ltx);
    const state = this.#stateOf(path, file, plan?.maxTxid ?? 0);
    const reason = plan === null ? 'no LTX file in the bucket' : refusal(state, plan, nowUs);
    state.maxTxid = plan?.maxTxid ?? 0;
    if (reason !== null) {
      state.protectedUs = null;
      return unprotected(reason);
    }
    state.seenTxid = state.maxTxid;
    state.protectedUs ??= nowUs;
    return { protectedUs: state.protectedUs, reason: 'protected', position: { txid: state.maxTxid } };
  }

  covers(path: string, { ltx, atUs }: Mark): boolean {
    const state = this.#states.get(path);
    if (state === undefined || state.protectedUs === null) return false;
    if (state.targetUs >= atUs) return true;
    if (ltx === null) return false;
    const txid = txidAfter(state.file, ltx);
    return txid !== null && txid <= state.maxTxid;
  }

  /** It is not protected this way any more; what is known of it is kept. */
  lapse(path: string): void {
    const state = this.#states.get(path);
    if (state !== undefined) state.protectedUs = null;
  }

  forget(path: string): void {
    this.#states.delete(path);
    this.#floors.delete(path);
  }

  /** The file at this path is another one, and nobody replicates it now: all LTX files so far are of the former one. */
  replaced({ path, file }: WatchedDatabase): void {
    const maxTxid = Math.max(this.#states.get(path)?.maxTxid ?? 0, localTxid(file) ?? 0);
    this.#floors.set(path, { identity: fileIdentity(file), txid: maxTxid });
    this.#states.delete(path);
  }

  #stateOf(path: string, file: string, maxTxid: number): State {
    const identity = fileIdentity(file);
    const known = this.#states.get(path);
    if (known?.identity === identity) return known;
    const floor = this.#floors.get(path);
    if (known !== undefined && floor?.identity !== identity) {
      this.#floors.set(path, { identity, txid: Math.max(known.maxTxid, maxTxid, localTxid(file) ?? 0) });
    }
    const state: State = {
      file,
      identity,
      floorTxid: this.#floors.get(path)?.txid ?? 0,
      target: null,
      targetUs: 0,
      targetTxid: null,
      maxTxid,
      seenTxid: 0,
      protectedUs: null,
    };
    this.#states.set(path, state);
    return state;
  }
}

interface Floor {
  readonly identity: string;
  readonly txid: number;
}

interface State {
  readonly file: string;
  readonly identity: string;
  /** Files up to this one are of the database that lay here before. */
  readonly floorTxid: number;
  target: LtxPosition | null;
  targetUs: number;
  /** The file that reaches the target; null: none has been written yet. */
  targetTxid: number | null;
  /** What a restore would have come to at the last listing. */
  maxTxid: number;
  /** The same when it was last protected. */
  seenTxid: number;
  protectedUs: number | null;
}

function refusal(state: State, plan: LtxPlan, nowUs: number): string | null {
  const local = localTxid(state.file);
  if (local === null) return 'Litestream has not begun with it';
  if (plan.problem !== null) return plan.problem;
  if (plan.maxTxid > local) {
    return `the bucket is at ${txidText(plan.maxTxid)}, but this database only at ${txidText(local)}`;
  }
  if (plan.maxTxid < state.seenTxid) return `${txidText(state.seenTxid)} was in the bucket and is gone`;
  aim(state, nowUs);
  if (state.target === null) return 'its position cannot be read';
  if (state.targetTxid === null) return 'Litestream has not taken in its WAL yet';
  return plan.maxTxid >= state.targetTxid ? null : `${txidText(state.targetTxid)} is not uploaded yet`;
}

/** Notes the end of the live WAL as the target, anew when that WAL has ended before a file reached it. */
function aim(state: State, nowUs: number): void {
  if (state.targetTxid !== null) return;
  const here = ltxPosition(state.file);
  if (here === null) return;
  if (state.target === null || (state.target.salts !== here.salts && find(state) === null)) {
    state.target = here;
    state.targetUs = nowUs;
  }
  state.targetTxid = find(state);
}

function find({ file, target, floorTxid }: State): number | null {
  if (target === null) return null;
  const txid = txidReaching(file, { ...target, txid: Math.max(target.txid, floorTxid + 1) });
  return txid;
}
