/** Names of tables as databases compare them. */

/** Without quotes, in small letters: `"W"."X"` and `w.x` are one table. */
export function tableOf(relation: string): string {
  return relation.replaceAll(/["`[\]]/g, "").toLowerCase();
}
