/** So long a store or its proxy may take in what had been sent to it; a busy machine needs seconds for a large fleet. */
export const SETTLE_LIMIT_MS = 20_000;
/** And so long the answer to that, or to any other order, may be away. */
export const ANSWER_TIMEOUT_MS = 25_000;
