import type { RestoreRecord } from '../evidence/database.ts';

/** What a recovery says while it works, one JSON document a line with `drill restore --events`. */
export type RecoveryEvent =
  | { readonly event: 'provisioned'; readonly atUs: number }
  | {
      readonly event: 'discovered';
      readonly atUs: number;
      readonly databases: number;
      readonly parallelism: number;
    }
  | { readonly event: 'database'; readonly record: RestoreRecord }
  /** Blobs or hooks, from where the operator keeps them. */
  | {
      readonly event: 'copied';
      readonly what: 'blobs' | 'hooks';
      readonly files: number;
      readonly atUs: number;
    }
  | { readonly event: 'finished'; readonly atUs: number };
