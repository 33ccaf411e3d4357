/** The definition of an asset that no code location defines. */

/** Its key is known because another asset depends on it. */
export function mentionedOnly(key: string) {
  return { key, unit: null, group: "external", owners: [], tags: {}, kinds: [], deps: [], metadata: {} };
}
