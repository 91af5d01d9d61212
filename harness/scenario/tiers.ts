/** How often a scenario is drilled. None has another in it: who asks for nightly gets no soak. */
export const TIERS = ['smoke', 'gate', 'nightly', 'soak'] as const;
