import type { BlobRecord, HookRecord } from './records.ts';

/** What the ledger knows of one blob. */
export interface BlobHistory {
  /** Of the row in `_files`. */
  readonly file: string;
  readonly seeded: boolean;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Instant at which the put returned; null: it failed, or nobody knows. */
  readonly storedUs: number | null;
  /** Instant at which it was gone again; null while it is there, or may be. */
  readonly deletedUs: number | null;
}

/** What the ledger knows of one hook. */
export interface HookHistory {
  readonly name: string;
  /** What version control holds; null: it was made live, and nobody committed it. */
  readonly committedSha256: string | null;
  /** What was live at the end. */
  readonly liveSha256: string;
  /** Instants of the live edits, in order. */
  readonly editsUs: readonly number[];
}

/** The blobs and hooks of one app, record by record. Each call returns what does not fit, or null. */
export class FileHistoryBuilder {
  readonly #blobs = new Map<string, BlobHistory>();
  readonly #hooks = new Map<string, HookHistory>();

  get blobs(): ReadonlyMap<string, BlobHistory> {
    return this.#blobs;
  }

  get hooks(): ReadonlyMap<string, HookHistory> {
    return this.#hooks;
  }

  addBlob(record: BlobRecord, seeded: boolean): string | null {
    const { file } = record;
    const blob = this.#blobs.get(file);
    if (record.t === 'blob-put') {
      if (blob !== undefined) return `puts the blob ${file} a second time`;
      const { sizeBytes, sha256, carriedOver = false } = record;
      this.#blobs.set(file, {
        file,
        seeded: seeded || carriedOver,
        sizeBytes,
        sha256,
        storedUs: null,
        deletedUs: null,
      });
      return null;
    }
    if (blob === undefined) return `tells the fate of the blob ${file}, which was never put`;
    switch (record.t) {
      case 'blob-stored':
        // A put that ends after the deletion leaves a blob without a row.
        this.#blobs.set(file, { ...blob, storedUs: record.at, deletedUs: null });
        return null;
      case 'blob-refused':
        return null;
      case 'blob-deleted':
        this.#blobs.set(file, { ...blob, deletedUs: record.at });
        return null;
      default:
        record satisfies never;
        return 'an unknown record of a blob';
    }
  }

  addHook({ name, sha256, at }: HookRecord, seeded: boolean): string | null {
    const hook = this.#hooks.get(name);
    if (seeded) {
      if (hook !== undefined) return `seeds the hook ${name} a second time`;
      this.#hooks.set(name, { name, committedSha256: sha256, liveSha256: sha256, editsUs: [] });
      return null;
    }
    const committedSha256 = hook?.committedSha256 ?? null;
    const editsUs = [...(hook?.editsUs ?? []), at];
    this.#hooks.set(name, { name, committedSha256, liveSha256: sha256, editsUs });
    return null;
  }
}
