/** Shortens lists of columns, small tables and column lineage to a size in JSON. */
import type { MetadataValue, MetadataValues, TableColumn } from "../metadata.ts";
import { jsonBytes } from "./cut-text.ts";

/** A value that fits, and what is missing in it. */
export interface Cut {
  readonly value: MetadataValue;
  readonly note: string | null;
}

/** Descriptions and types of columns are shortened before columns are left out: their names are what people look for. */
const STEPS: readonly { readonly description: number; readonly type: number; readonly tags: boolean; readonly note: string }[] = [
  { description: 300, type: 1000, tags: true, note: "long descriptions and types shortened" },
  { description: 80, type: 200, tags: false, note: "descriptions and types shortened" },
  { description: 30, type: 100, tags: false, note: "descriptions and types shortened" },
  { description: 0, type: 60, tags: false, note: "descriptions left out, types shortened" },
];

export function cutColumns(columns: readonly TableColumn[], bytes: number): Cut {
  let shortened = columns;
  let said = "";
  for (const step of STEPS) {
    shortened = columns.map((column) => shortColumn(column, step));
    said = step.note;
    const value: MetadataValue = { type: "table_schema", value: { columns: shortened } };
    if (jsonBytes(value) <= bytes) return { value, note: said };
  }
  const kept = asManyAs(shortened, (some) => jsonBytes({ type: "table_schema", value: { columns: some } }) <= bytes);
  return { value: { type: "table_schema", value: { columns: kept } }, note: `${kept.length} of ${columns.length} columns kept, ${said}` };
}

export function cutTable({ columns, records }: MetadataValues["table"], bytes: number): Cut {
  const schema = cutColumns(columns, bytes / 2);
  const short = jsonBytes(columns) > bytes / 2 && schema.value.type === "table_schema" ? schema.value.value.columns : columns;
  const valueOf = (some: MetadataValues["table"]["records"]): MetadataValue => ({
    type: "table",
    value: { columns: short, records: some },
  });
  const kept = asManyAs(records, (some) => jsonBytes(valueOf(some)) <= bytes);
  const notes = [
    ...(kept.length < records.length ? [`${kept.length} of ${records.length} rows kept`] : []),
    ...(short === columns ? [] : [schema.note ?? ""]),
  ];
  return { value: valueOf(kept), note: notes.join(", ") };
}

export function cutLineage(lineage: MetadataValues["column_lineage"], bytes: number): Cut {
  const entries = Object.entries(lineage);
  const kept = asManyAs(entries, (some) => jsonBytes({ type: "column_lineage", value: Object.fromEntries(some) }) <= bytes);
  return {
    value: { type: "column_lineage", value: Object.fromEntries(kept) },
    note: `lineage of ${kept.length} of ${entries.length} columns kept`,
  };
}

function shortColumn(column: TableColumn, to: (typeof STEPS)[number]): TableColumn {
  const { description, tags, ...rest } = column;
  const about = description === undefined || to.description === 0 ? undefined : shortened(description, to.description);
  return {
    ...rest,
    type: shortened(column.type, to.type),
    ...(about !== undefined && { description: about }),
    ...(tags !== undefined && to.tags && { tags }),
  };
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The longest beginning that fits. */
function asManyAs<T>(all: readonly T[], fits: (some: readonly T[]) => boolean): readonly T[] {
  let [low, high] = [0, all.length + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(all.slice(0, middle))) low = middle;
    else high = middle;
  }
  return all.slice(0, low);
}
