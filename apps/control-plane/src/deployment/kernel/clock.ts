/** The only place of a deployment that reads the clock. Tests replace `now`. */
export const clock: { now: () => number } = { now: () => Date.now() };

/** Calls back after everything that has arrived so far was handled. */
export function afterArrived(next: () => void): void {
  setTimeout(next, 0);
}
