/** A placeholder definition for an asset that no code location defines. */

/** The key is known only because another asset depends on it. */
export function mentionedOnly(key: string) {
  return { key, unit: null, group: "external", owners: [], tags: {}, kinds: [], deps: [], metadata: {} };
}
