import type { ScenarioResult } from '../result.ts';
import { type RunbookRow, runbookRows } from './runbook-rows.ts';
import { litestreamInWords } from './subject.ts';

interface Cell {
  readonly title: string;
  readonly rows: readonly RunbookRow[];
}

/** The documented page as a Markdown table: a line a step, a column a Litestream on a store. Drills without it are left out. */
export function runbookMarkdown(drills: readonly ScenarioResult[]): string {
  const cells: Cell[] = drills.flatMap(({ subject, store, runbook }) =>
    runbook === undefined
      ? []
      : [{ title: `${litestreamInWords(subject)}, ${store.kind}`, rows: runbookRows(runbook) }],
  );
  const steps = [...new Set(cells.flatMap(({ rows }) => rows.map(({ step }) => step)))];
  // What goes beyond the page comes after it, in every column at the same place.
  const ordered = steps.toSorted((a, b) => rank(a) - rank(b));
  return [
    `| step | ${cells.map(({ title }) => title).join(' | ')} |`,
    `|---|${cells.map(() => '---').join('|')}|`,
    ...ordered.map((step) => `| ${step} | ${cells.map(({ rows }) => fates(rows, step)).join(' | ')} |`),
    '',
    'Typed, for `system.db`:',
    '',
    ...ordered.flatMap((step) => typed(cells, step)),
  ].join('\n');
}

function rank(step: string): number {
  if (step === 'instead') return 100;
  return step.length === 1 ? Number(step) : 10 + step.length;
}

function fates(rows: readonly RunbookRow[], step: string): string {
  const own = rows.filter((row) => row.step === step);
  if (own.length === 0) return '–';
  return own
    .map(({ outcome, exitCode, why, asked, more }) => {
      const exit = exitCode === null || exitCode === 0 ? '' : ` (exit code ${exitCode})`;
      const hosts = asked.length === 0 ? '' : `; asked \`${asked.join('`, `')}\``;
      const times = ` for ${more + 1} of them`;
      return `${outcome === 'works' ? 'works' : '**fails**'}${own.length === 1 ? '' : times}${exit}${
        why === '' ? '' : `: ${escaped(why)}`
      }${hosts}`;
    })
    .join('<br>');
}

/** Each command once, with the Litestream that it is for where they differ. */
function typed(cells: readonly Cell[], step: string): string[] {
  const commands = new Map<string, string[]>();
  for (const { title, rows } of cells) {
    const command = rows
      .find((row) => row.step === step)
      ?.command.replaceAll(/localhost:\d+/g, 'localhost:PORT');
    if (command === undefined) continue;
    const version = title.split(',')[0] ?? '';
    commands.set(command, [...new Set([...(commands.get(command) ?? []), version])]);
  }
  return [...commands].map(
    ([command, versions]) =>
      `- ${step}${commands.size === 1 ? '' : ` (${versions.join(', ')})`}: \`${command}\``,
  );
}

function escaped(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}
