import type { Evidence } from '../evidence.ts';
import type { CheckResult, Result, ScenarioResult } from '../result.ts';

type Evidences = ReadonlyMap<string, Evidence>;

/** Findings of a run: those that are open, and those that were planted to be found. */
export function findingsOf({ scenarios, spoiltBy }: Result, evidences: readonly Evidence[]) {
  const byId: Evidences = new Map(evidences.map((evidence) => [evidence.drillId, evidence]));
  return {
    ofThisDrill: [
      ...(spoiltBy ?? []).map((detail) => ({ drillId: null, check: null, verdict: 'inconclusive', detail })),
      ...scenarios.flatMap(openFindings),
    ],
    // Red on purpose: nobody has to mend them.
    planted: scenarios
      .filter(({ expect }) => expect === 'fail')
      .flatMap(({ drillId, checks }) =>
        notPassed(checks).map((check) => ({
          ...findingOf(drillId, check),
          isNamed: byId.get(drillId)?.scenario.mustFail.includes(check.id) ?? false,
        })),
      ),
  };
}

/** Every negative control: what was planted, what of it went red, and so whether it was caught. */
export function negativeControlsOf({ scenarios }: Result, evidences: readonly Evidence[]) {
  const byId: Evidences = new Map(evidences.map((evidence) => [evidence.drillId, evidence]));
  return scenarios
    .filter(({ expect }) => expect === 'fail')
    .map((drill) => {
      const { drillId, verdict, reason } = drill;
      const planted = plantedIn(drill, byId.get(drillId));
      const isCaught = planted.length > 0 && planted.every(({ isRed }) => isRed);
      // One that shows nothing was neither caught nor missed.
      return { drillId, planted, caught: verdict === 'inconclusive' ? null : isCaught, verdict, reason };
    });
}

function plantedIn({ checks, objectives }: ScenarioResult, evidence: Evidence | undefined) {
  const red = new Set(
    [...checks.map(({ id, verdict }) => ({ what: id, verdict })), ...objectives.map(asWhat)]
      .filter(({ verdict }) => verdict === 'fail')
      .map(({ what }) => what),
  );
  const { mustFail = [], mustBreak = [] } = evidence?.scenario ?? {};
  return [...mustFail, ...mustBreak].map((what) => ({ what, isRed: red.has(what) }));
}

function asWhat({ expression, verdict }: ScenarioResult['objectives'][number]) {
  return { what: expression, verdict };
}

/** A control's red checks are no findings; that it was not caught is one, and is among its failures. */
function openFindings({ drillId, expect, verdict, reason, checks, failures }: ScenarioResult) {
  const red = expect === 'fail' ? [] : notPassed(checks);
  const ids = new Set<string>(red.map(({ id }) => id));
  const isUntold = verdict !== 'pass' && failures === undefined && red.length === 0;
  return [
    ...red.map((check) => {
      const failure = failures?.find(({ code }) => code === check.id);
      return { ...findingOf(drillId, check), ...told(failure) };
    }),
    ...(failures ?? [])
      .filter(({ code }) => !ids.has(code))
      .map((failure) => ({ drillId, check: null, verdict, detail: failure.message, ...told(failure) })),
    ...(isUntold ? [{ drillId, check: null, verdict, detail: reason, ...told(undefined) }] : []),
  ];
}

function notPassed(checks: readonly CheckResult[]): CheckResult[] {
  return checks.filter(({ verdict }) => verdict !== 'pass');
}

function findingOf(drillId: string, { id, verdict, actual, detail }: CheckResult) {
  return { drillId, check: id, verdict, actual, detail };
}

/** Whose failure it is, by its code, and what to do; null: the result does not tell. */
function told(failure: NonNullable<ScenarioResult['failures']>[number] | undefined) {
  return { class: failure?.class ?? null, code: failure?.code ?? null, fix: failure?.fix ?? null };
}
