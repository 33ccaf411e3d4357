/** Median and percentiles of a list of numbers, and how a measured row is printed. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export interface Measure {
  readonly name: string;
  readonly unit: "ms" | "s" | "MB" | "1/s";
  /** Null: not measured in this run. */
  readonly value: number | null;
  readonly note?: string;
}

export function show(value: number | null, unit: Measure["unit"]): string {
  if (value === null || Number.isNaN(value)) return "-";
  return `${value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3)} ${unit}`;
}

/** How many times better: lower is better for times and memory, higher for rates. */
function timesBetter(ours: Measure, theirs: Measure | null): string {
  if (ours.value === null || theirs === null || theirs.value === null) return "";
  const ratio = ours.unit === "1/s" ? ours.value / theirs.value : theirs.value / ours.value;
  return `${ratio.toFixed(1)}x`;
}

/** One table; with a second product its column and the ratio of the two, which is what a noisy machine lets one compare. */
export function printTable(ours: readonly Measure[], theirs: readonly Measure[] | null): void {
  const rows = ours.map((row) => {
    const other = theirs?.find((candidate) => candidate.name === row.name) ?? null;
    const ratio = timesBetter(row, other);
    return [row.name, show(row.value, row.unit), ...(theirs ? [other ? show(other.value, other.unit) : "-", ratio] : []), row.note ?? ""];
  });
  const head = ["measure", "headgate", ...(theirs ? ["dagster", "ratio"] : []), ""];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of [head, ...rows])
    console.log(
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  "),
    );
}
