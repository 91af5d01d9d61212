import { BESIDE_FAULTS } from './beside-faults.ts';
import { CONTAINER_FAULTS } from './container-faults.ts';
import type { Fault } from './fault.ts';
import { FILE_FAULTS } from './file-faults.ts';
import { HIDDEN_FAULTS } from './hidden-faults.ts';
import { ROW_FAULTS } from './row-faults.ts';
import { RUSTBAAS_FAULTS } from './rustbaas-faults.ts';
import { SHAPE_FAULTS } from './shape-faults.ts';

/** Seed of the fleet that is damaged: one in which every operation was done, and every fault has a place. */
export const SABOTAGE_SEED = 7;

/** The fleet of a group of faults: as RustBaas makes it, or with the tables and page sizes of its users. */
export type FaultFleet = 'plain' | 'shaped';

export interface FaultGroup {
  readonly title: string;
  readonly faults: readonly Fault[];
  readonly fleet?: FaultFleet;
}

/** Everything that is planted in a restored fleet, by where it strikes. */
export const FAULT_GROUPS: readonly FaultGroup[] = [
  { title: 'In the rows', faults: ROW_FAULTS },
  { title: 'In the files', faults: FILE_FAULTS },
  { title: 'In the file as such: format, length, pages, mode', faults: CONTAINER_FAULTS },
  { title: "Against RustBaas' own rules", faults: RUSTBAAS_FAULTS },
  { title: 'Beside the databases: blobs and hooks', faults: BESIDE_FAULTS },
  { title: "In the tables that are not RustBaas'", faults: HIDDEN_FAULTS },
  {
    title: "In the users' own tables: full text, WITHOUT ROWID, generated columns, large blobs, page sizes",
    faults: SHAPE_FAULTS,
    fleet: 'shaped',
  },
];
