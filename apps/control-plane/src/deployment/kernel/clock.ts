/** The only place of a deployment that reads the clock. Tests replace `now`. */
export const clock: { now: () => number } = { now: () => Date.now() };
