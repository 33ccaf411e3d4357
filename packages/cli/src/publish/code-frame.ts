/** A few source lines around a position, with line numbers and a caret, for a fixed-width font. */
export function codeFrame(source: string, line: number, column: number | null): string | undefined {
  const lines = source.split(/\r?\n/);
  if (line < 1 || line > lines.length) return undefined;
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 2);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = (lines[number - 1] ?? "").slice(0, 200);
    frame.push(`${number === line ? ">" : " "} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number === line && column !== null) {
      const before = text.slice(0, column).replaceAll(/[^\t]/g, " ");
      frame.push(`  ${" ".repeat(width)} | ${before}^`);
    }
  }
  return frame.join("\n");
}
