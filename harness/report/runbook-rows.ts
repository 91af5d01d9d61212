import type { RunbookResult, RunbookStepResult } from '../result.ts';

/** One line of a report on the documented page: commands with the same fate are told once. */
export interface RunbookRow {
  readonly step: string;
  readonly command: string;
  /** Further databases with the same fate. */
  readonly more: number;
  readonly outcome: 'works' | 'fails';
  readonly exitCode: number | null;
  readonly asked: readonly string[];
  readonly why: string;
}

const BEYOND = {
  'endpoint-by-address': 'endpoint by its address',
  'endpoint-in-url': 'endpoint in the URL',
} as const;

/** The page's steps, then what goes beyond it, then `drill restore` on the same bucket. */
export function runbookRows({ steps, drillRestore }: RunbookResult): RunbookRow[] {
  const groups = new Map<string, RunbookStepResult[]>();
  for (const step of steps) {
    const fate = [step.beyondPage, step.step, step.outcome, step.cause, step.exitCode].join(' ');
    groups.set(fate, [...(groups.get(fate) ?? []), step]);
  }
  const rows = [...groups.values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [rowOf(first, more)],
  );
  const { restored, databases } = drillRestore;
  return [
    ...rows,
    {
      step: 'instead',
      command: 'drill restore',
      more: 0,
      outcome: restored === databases && databases > 0 ? 'works' : 'fails',
      exitCode: null,
      asked: [],
      why: `${restored} of ${databases} databases are back`,
    },
  ];
}

function rowOf(first: RunbookStepResult, more: readonly RunbookStepResult[]): RunbookRow {
  const { step, beyondPage, command, outcome, exitCode, why } = first;
  const asked = [...new Set([first, ...more].flatMap((one) => one.asked))];
  const label = beyondPage === null ? `${step}` : `${step}, ${BEYOND[beyondPage]}`;
  return { step: label, command, more: more.length, outcome, exitCode, asked, why };
}
