/** How is a selection text shown to a person? A list of exact keys reads as the keys; anything else is shown as it was written. */
const EXACT_KEYS = /^key:"[^"]+"(?: or key:"[^"]+")*$/;

export function selectionWords(selection: string): string {
  if (selection === "*" || selection === "") return "all assets";
  if (!EXACT_KEYS.test(selection)) return selection;
  const keys = [...selection.matchAll(/key:"([^"]+)"/g)].map(([, key]) => key ?? "");
  return keys.length <= 3 ? keys.join(", ") : `${keys.slice(0, 2).join(", ")} and ${keys.length - 2} more`;
}
