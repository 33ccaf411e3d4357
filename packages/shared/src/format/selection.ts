/** A selection as people read it: a list of exact keys becomes the keys, any other selection stays as it was written. */
const EXACT_KEYS = /^key:"[^"]+"(?: or key:"[^"]+")*$/;

export function formatSelection(selection: string): string {
  if (selection === "*" || selection === "") return "all assets";
  if (!EXACT_KEYS.test(selection)) return selection;
  const keys = [...selection.matchAll(/key:"([^"]+)"/g)].map(([, key]) => key ?? "");
  return keys.length <= 3 ? keys.join(", ") : `${keys.slice(0, 2).join(", ")} and ${keys.length - 2} more`;
}
