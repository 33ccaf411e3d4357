/** Names of columns as keys of one object. */

/** A name that comes twice gets a number. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const used = new Set<string>(names);
  const seen = new Set<string>();
  return names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let number = 2;
    while (used.has(`${name}_${number}`)) number++;
    used.add(`${name}_${number}`);
    return `${name}_${number}`;
  });
}
