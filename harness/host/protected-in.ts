/**
 * When the file of this epoch was first seen protected; null: never. That an earlier file at its path was says nothing of
 * it. `firstUs`: of the path; `sinceUs`: the last time that it became so.
 */
export function protectedIn(
  { epoch, at: madeUs }: { readonly epoch: number; readonly at: number },
  firstUs: number | undefined,
  sinceUs: number | undefined,
): number | null {
  if (epoch === 1) return firstUs ?? null;
  return [firstUs, sinceUs].find((atUs) => atUs !== undefined && atUs >= madeUs) ?? null;
}
