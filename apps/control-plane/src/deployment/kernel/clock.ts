/** What time is it? The only place of a deployment that reads the clock; tests put their own time here. */
export const clock: { now: () => number } = { now: () => Date.now() };
