/** Seeds of the fleets that properties work on: other tenants, other sizes, other operations in another order. */
export const FLEET_SEEDS = [7, 11, 29] as const;

/** A thousand cases take minutes: `npm run test:properties` asks for them, any other run looks at a few. */
export const PROPERTY_RUNS = Number(process.env['PROPERTY_RUNS'] ?? 20);

/** What one case may take, on a machine that is shared with others. */
const MS_PER_RUN = 3000;

export const PROPERTY_TIMEOUT_MS = 60_000 + PROPERTY_RUNS * MS_PER_RUN;
