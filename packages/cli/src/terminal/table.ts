/** Rows as aligned columns. Colours are applied after padding, so that they do not count as width. */
import type { Terminal } from "./terminal.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}
export interface Cell {
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
}

export function printTable(terminal: Terminal, columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
  for (const line of formatTable(columns, rows, terminal.colors.bold)) terminal.print(line);
}

/** Says that the list has more rows than were printed. */
export function noteMore(terminal: Terminal, limit: number): void {
  terminal.note(`there are more: raise --limit (now ${limit})`);
}

export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
  paintTitle: (text: string) => string,
): readonly string[] {
  const cells = rows.map((row) => row.map((cell): Cell => (typeof cell === "string" ? { text: cell } : cell)));
  const widths = columns.map((column, index) => Math.max(column.title.length, ...cells.map((row) => row[index]?.text.length ?? 0)));
  const line = (parts: readonly Cell[]): string =>
    columns
      .map((column, index) => {
        const cell = parts[index] ?? { text: "" };
        const width = widths[index] ?? 0;
        const padding = " ".repeat(Math.max(0, width - cell.text.length));
        const text = cell.paint ? cell.paint(cell.text) : cell.text;
        if (column.align === "right") return padding + text;
        return index === columns.length - 1 ? text : text + padding;
      })
      .join("  ");
  return [line(columns.map((column) => ({ text: column.title, paint: paintTitle }))), ...cells.map(line)];
}
