/** Names of tables as databases compare them. */

/** Without quotes, in small letters: `"W"."X"` and `w.x` are one table. A name that contains a dot keeps its quotes. */
export function tableOf(relation: string): string {
  const unquoted = (_: string, name: string): string => (name.includes(".") ? `"${name}"` : name);
  return relation.replaceAll(/["`[]([^"`\]]*)["`\]]/g, unquoted).toLowerCase();
}
