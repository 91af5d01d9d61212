import type { Result, ScenarioResult, Verdict } from '../result.ts';

/** GitHub shows so many errors of a step and no more. */
const MOST_ANNOTATIONS = 10;

/**
 * Workflow commands for GitHub Actions: one annotation a drill that did not pass, worst first, at the line of the broken
 * objective in its scenario file.
 */
export function githubAnnotations(result: Result): string {
  const rank = { fail: 0, inconclusive: 1, pass: 2 } as const;
  const bad = result.scenarios
    .filter(({ verdict }) => verdict !== 'pass')
    .toSorted((a, b) => rank[a.verdict] - rank[b.verdict])
    .map(annotation);
  // What is wrong with the run and with none of its drills: a lost shard, a figure that is worse than before.
  const isTold = result.scenarios.some(({ verdict }) => verdict === result.verdict);
  const ofRun = result.verdict === 'pass' || isTold ? [] : [runAnnotation(result)];
  return [...ofRun, ...bad]
    .slice(0, MOST_ANNOTATIONS)
    .map((line) => `${line}\n`)
    .join('');
}

function runAnnotation({ verdict, reason }: Result): string {
  return `::${verdict === 'fail' ? 'error' : 'warning'} title=${property(`drill: ${verdict}`)}::${message(reason)}`;
}

/** Lines for `$GITHUB_OUTPUT`, also of a run without a result. `reportPath`: the folder of the run, or nothing. */
export function githubOutputs(
  { verdict, exitCode }: { readonly verdict: Verdict; readonly exitCode: number },
  reportPath: string,
): string {
  const oneLine = (value: string): string => value.replaceAll(/[\r\n]+/g, ' ');
  return `verdict=${verdict}\nexit-code=${exitCode}\nreport-path=${oneLine(reportPath)}\n`;
}

/** Has GitHub hide these values wherever they turn up in the log, also in what later steps print. */
export function githubMasks(secrets: readonly string[]): string {
  return secrets.map((secret) => `::add-mask::${message(secret)}\n`).join('');
}

/** Lines up to the end of the group are folded below its title. Groups do not nest. */
export function githubGroup(title: string): string {
  return `::group::${message(title)}`;
}

export const GITHUB_GROUP_END = '::endgroup::';

function annotation(drill: ScenarioResult): string {
  const level = drill.verdict === 'fail' ? 'error' : 'warning';
  const broken =
    drill.objectives.find(({ verdict, expected = 'pass' }) => verdict !== expected) ?? drill.objectives[0];
  const place = broken === undefined ? '' : `file=${property(broken.file)},line=${Math.max(1, broken.line)},`;
  return `::${level} ${place}title=${property(`drill ${drill.drillId}: ${drill.verdict}`)}::${message(drill.reason)}`;
}

/** The text of a workflow command. */
export function message(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** The value of one of its properties. */
export function property(value: string): string {
  return message(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
