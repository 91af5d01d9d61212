/** The reports of a run that one may do without. Result, evidence, events and manifest are what a verdict stands on. */
export const REPORTERS = ['html', 'junit', 'markdown', 'prometheus', 'github'] as const;
export type Reporter = (typeof REPORTERS)[number];
