/** Tells variables of the environment that say something from those that do not. */

/** A variable that is set to nothing counts as one that is not set. */
export function given(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
