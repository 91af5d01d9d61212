/** The project `line05` without a Litestream 0.5 would be green for nothing. */
export function setup(): void {
  if (!process.env['DRILL_LITESTREAM_05']) {
    throw new Error('DRILL_LITESTREAM_05 is not set: it must be the path of a Litestream 0.5');
  }
}
