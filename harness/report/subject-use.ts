import type { ScenarioResult } from '../result.ts';
import { count } from './format.ts';

/** What supervisor and Litestream held together at most, under load; null: it was not looked at. */
export function subjectUseInWords({ measurements }: Pick<ScenarioResult, 'measurements'>): string | null {
  const { subjectRssMb, subjectOpenFiles } = measurements;
  if (subjectRssMb === undefined && subjectOpenFiles === undefined) return null;
  const memory = subjectRssMb == null ? 'memory not measured' : `${count(subjectRssMb, 0)} MB`;
  const files =
    subjectOpenFiles == null ? 'open files not measured' : `${count(subjectOpenFiles)} open files`;
  return `${memory}, ${files}`;
}
