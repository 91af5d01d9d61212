import type { ScenarioResult } from '../result.ts';

/** Which store a drill had, and who really answered there: the endpoint as it resolved, and the address at the other end. */
export function storeInWords({ kind, version, endpoint, address }: ScenarioResult['store']): string {
  const at = endpoint === undefined ? '' : ` at ${endpoint}`;
  // An endpoint that is an address already says it.
  const from = address === undefined || endpoint?.includes(address) === true ? '' : ` (${address})`;
  return `${kind} store ${version}${at}${at === '' ? '' : from}`;
}
