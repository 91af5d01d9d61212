/** Longest word that is compared: the distance is quadratic and its input comes from outside. */
const LONGEST_WORD = 100;

/** The known word that a mistyped one was probably meant to be, or null. */
export function didYouMean(typed: string, known: Iterable<string>): string | null {
  if (typed.length > LONGEST_WORD) return null;
  const wanted = typed.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length * 0.4)) + 1;
  for (const word of known) {
    const distance = editDistance(wanted, word.toLowerCase());
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

/** The suggestion as the end of a sentence, or nothing. */
export function suggestion(typed: string, known: Iterable<string>): string {
  const word = didYouMean(typed, known);
  return word === null ? '' : `; did you mean ${word}?`;
}

/** Levenshtein distance in which two swapped neighbours count as one slip. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] && !same;
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
