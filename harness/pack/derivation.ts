import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import type { Result } from '../result.ts';
import { type PackedRun, packSchema, packTexts, type Stated } from './pack-document.ts';
import { pageTitle } from './page.ts';

type PackJson = z.infer<typeof packSchema>;

/** What a pack says beyond its run, held against the run. */
export interface Derivation {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export function readPackJson(folder: string): PackJson {
  return packSchema.parse(JSON.parse(textOf(folder, 'pack.json')));
}

/**
 * Derives pack.json and pack.md again from the run beside them. A manifest that was made anew hides what was changed in
 * them; this does not. What people stated cannot be derived, and is named.
 */
export function derivationOf(
  folder: string,
  document: PackJson,
  packed: PackedRun,
  toolVersion: string,
): Derivation {
  const { stated, signed } = document;
  if (stated === undefined) {
    const why = 'does not keep apart what was stated, so nothing of it can be derived again';
    return { problems: [`pack.json ${why}`], notes: [] };
  }
  const again = packTexts(packed, stated, signed);
  const json = textOf(folder, 'pack.json');
  const page = textOf(folder, 'pack.md');
  const differing = [
    ...(json === again.json ? [] : differingParts(document, again.items)),
    ...(page === again.page ? [] : ['pack.md']),
  ].map((part) => `${part} is not what comes of the run and of what was stated`);
  const notes = statedNotes(stated);
  if (stated.packedWith === toolVersion || differing.length === 0) return { problems: differing, notes };
  return {
    problems: verdictProblems(document, page, packed.result),
    notes: [
      ...notes,
      `${differing.join('; ')}: it was packed with version ${stated.packedWith}, ask that one`,
    ],
  };
}

function differingParts(document: PackJson, items: Readonly<Record<string, unknown>>): string[] {
  const names = new Set([...Object.keys(document.items), ...Object.keys(items)]);
  const differing = [...names].filter(
    (name) => JSON.stringify(document.items[name]) !== JSON.stringify(items[name]),
  );
  return differing.length === 0 ? ['pack.json'] : differing.map((name) => `pack.json: ${name}`);
}

/** What no version derives differently. */
function verdictProblems({ items }: PackJson, page: string, { verdict, exitCode }: Result): string[] {
  const said = (of: { verdict?: unknown; exitCode?: unknown }): string =>
    `${String(of.verdict)}, exit code ${String(of.exitCode)}`;
  const told = said(Object(items['verdict']) as { verdict?: unknown; exitCode?: unknown });
  const truth = said({ verdict, exitCode });
  return [
    ...(told === truth ? [] : [`pack.json says ${told}, and the run ${truth}`]),
    ...(page.startsWith(`${pageTitle(verdict)}\n`)
      ? []
      : [`pack.md does not say ${verdict}, as the run does`]),
  ];
}

function statedNotes({ statement }: Stated): string[] {
  const names = Object.entries(statement)
    .filter(([, value]) => !Array.isArray(value) || value.length > 0)
    .map(([name]) => name);
  const told = ['packedAt', 'workIsKept', ...names].join(', ');
  return [`stated by whoever made it, and borne out by nothing in it: ${told}`];
}

function textOf(folder: string, name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}
