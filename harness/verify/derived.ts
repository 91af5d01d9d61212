/** What SQLite has derived from rows and keeps, where it is not what the rows give: as a finding of `integrity` says it. */
export interface DerivedProblem {
  readonly actual: string;
  readonly detail: string;
  readonly count: number;
}
