import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { FULL_TEXT } from '../fleet/shapes.ts';
import { type Attempt, attempt } from './attempt.ts';
import type { DerivedProblem } from './derived.ts';
import { few } from './finding.ts';

const { table, index, columns } = FULL_TEXT;

/**
 * A full-text index answers for the rows that are there: FTS5's own `integrity-check` finds nothing, and for every term of
 * the rows and of the index MATCH gives the same rows as an index that is made of them anew. Both ask for a
 * database that may be written to, so a copy of the file is asked.
 */
export function fullTextProblems(db: Database): DerivedProblem[] {
  const there = db
    .prepare('SELECT count(*) FROM sqlite_schema WHERE name IN (?, ?)')
    .pluck()
    .get(table, index);
  if (there !== 2) return [];
  const file = join(dirname(db.name), 'full-text.db');
  copyFileSync(db.name, file);
  const copy = new Sqlite(file);
  try {
    const said = damageOf(attempt(() => integrityCheck(copy)));
    const { wrong, terms } = wrongTerms(copy);
    if (said === null && wrong.length === 0) return [];
    return [
      {
        actual: `${wrong.length} of ${terms} terms with another answer than the rows give`,
        detail: [
          `full-text index ${index}`,
          ...(said === null ? [] : [`integrity-check: ${said}`]),
          ...(wrong.length === 0 ? [] : [few(wrong)]),
        ].join('; '),
        count: Math.max(1, wrong.length),
      },
    ];
  } finally {
    copy.close();
  }
}

/** With rank 1 the index is held against the rows as well, not only against itself. */
function integrityCheck(db: Database): void {
  db.exec(`INSERT INTO ${index}(${index}, rank) VALUES ('integrity-check', 1)`);
}

function damageOf(result: Attempt<unknown>): string | null {
  if ('thrown' in result) throw new Error(result.thrown);
  return 'damage' in result ? result.damage : null;
}

function wrongTerms(db: Database): { readonly wrong: string[]; readonly terms: number } {
  const names = columns.join(', ');
  db.exec(`
    CREATE VIRTUAL TABLE temp.made_anew USING fts5(${names});
    INSERT INTO made_anew(rowid, ${names}) SELECT id, ${names} FROM ${table};
    CREATE VIRTUAL TABLE temp.terms_anew USING fts5vocab(temp, made_anew, row);
    CREATE VIRTUAL TABLE temp.terms_found USING fts5vocab(main, ${index}, row);`);
  const termsOf = (vocabulary: string): string[] =>
    db.prepare(`SELECT term FROM ${vocabulary}`).pluck().all() as string[];
  const found = attempt(() => termsOf('terms_found'));
  if ('thrown' in found) throw new Error(found.thrown);
  // An index that cannot even tell its terms answers none of them.
  const terms = [...new Set([...termsOf('terms_anew'), ...('value' in found ? found.value : [])])];
  const ask = (of: string): ((term: string) => string) => {
    const query = db.prepare(`SELECT rowid FROM ${of} WHERE ${of} MATCH ? ORDER BY rowid`).pluck();
    return (term) => JSON.stringify(query.all(`"${term.replaceAll('"', '""')}"`));
  };
  const [right, actual] = [ask('made_anew'), ask(index)];
  const wrong = terms.filter((term) => {
    const answer = attempt(() => actual(term));
    if ('thrown' in answer) throw new Error(answer.thrown);
    return 'damage' in answer || answer.value !== right(term);
  });
  return { wrong: wrong.toSorted(), terms: terms.length };
}
