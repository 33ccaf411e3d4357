/** Line diff of two texts. JSON is pretty-printed first, so one changed value is one changed line. Pure. */
export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** Longer texts are shown as fully replaced: comparing all lines would take too long. */
const MAX_LINES = 400;

export function diffTexts(before: string | null, after: string | null): DiffLine[] {
  const [old, next] = [linesOf(before), linesOf(after)];
  if (old.length > MAX_LINES || next.length > MAX_LINES) return [...signed("-", old), ...signed("+", next)];
  const common = commonLengths(old, next);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < next.length) {
    if (i < old.length && j < next.length && old[i] === next[j]) {
      lines.push({ sign: " ", text: old[i] ?? "" });
      i++;
      j++;
    } else if (j >= next.length || (i < old.length && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      lines.push({ sign: "-", text: old[i++] ?? "" });
    } else lines.push({ sign: "+", text: next[j++] ?? "" });
  }
  return lines;
}

/** Pretty-prints JSON; other text is unchanged. */
export function laidOut(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
}

function linesOf(text: string | null): string[] {
  return text === null || text === "" ? [] : laidOut(text).split("\n");
}

function signed(sign: "-" | "+", lines: readonly string[]): DiffLine[] {
  return lines.map((text) => ({ sign, text }));
}

/** Length of the longest common subsequence of the suffixes from i and j. */
function commonLengths(old: readonly string[], next: readonly string[]): number[][] {
  const table = Array.from({ length: old.length + 1 }, () => Array.from({ length: next.length + 1 }, () => 0));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = next.length - 1; j >= 0; j--) {
      const row = table[i];
      if (row) row[j] = old[i] === next[j] ? (table[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
