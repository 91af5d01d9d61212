import type { CheckId } from '../../evidence/checks.ts';
import type { Target } from './target.ts';

/** What a planted fault must lead to: these findings and no other, and exactly these lost writes. */
export interface Expected {
  /** Check, database (null: the fleet), exact count; `>0` where the count is SQLite's own way of naming damage. */
  readonly findings: readonly (readonly [check: CheckId, database: string | null, count: number | '>0'])[];
  /** Lost writes per database (0: the base); databases not named lose nothing. */
  readonly lost?: Readonly<Record<string, readonly number[] | 'everything'>>;
  readonly recoveryPoint?: Readonly<Record<string, number>>;
  /** The loss is within any RPO objective, so that the drill passes. */
  readonly excused?: boolean;
}

export interface Fault {
  readonly name: string;
  /** Why its figures are not the same on every machine; left out: they are. */
  readonly varies?: string;
  readonly plant: (target: Target) => Expected;
}
