/** Cuts metadata to the size that can be stored. The largest entries are shortened first, and an entry of its own says what is missing. */
import type { Metadata, MetadataValue } from "../metadata.ts";
import { cutText, jsonBytes } from "./cut-text.ts";
import { cutColumns, cutLineage, cutTable, type Cut } from "./cut-columns.ts";

/** The entry that says what was cut. */
export const CUT_NOTICE = "metadata_cut";
const MAX_NAME = 200;
/** For the notice, and for the commas between the entries. */
const NOTICE_BYTES = 4_000;
/** Below it an entry says nothing any more, so entries are left out instead. */
const LEAST_ENTRY_BYTES = 200;

/** The same object when it fits, and every name is short enough. */
export function fitMetadata(metadata: Metadata, maxBytes: number): Metadata {
  const entries = Object.entries(metadata);
  if (entries.every(([name]) => name.length <= MAX_NAME) && jsonBytes(metadata) <= maxBytes) return metadata;
  const notes: string[] = [];
  const named = withShortNames(entries, notes);
  const sized = named.map(([name, value]) => ({ name, value, bytes: jsonBytes({ [name]: value }) }));
  const budget = maxBytes - NOTICE_BYTES;
  const share = fairShare(
    sized.map(({ bytes }) => bytes),
    budget,
  );
  const kept: [string, MetadataValue][] = [];
  let used = 0;
  for (const [index, { name, value, bytes }] of sized.entries()) {
    const cut: Cut = bytes <= share ? { value, note: null } : cutValue(value, Math.max(share, LEAST_ENTRY_BYTES) - jsonBytes(name) - 4);
    const size = jsonBytes({ [name]: cut.value });
    if (used + size > budget) {
      notes.push(`${sized.length - index} further entries left out`);
      break;
    }
    used += size;
    kept.push([name, cut.value]);
    if (cut.note !== null) notes.push(`${name}: ${cut.note}`);
  }
  return { ...Object.fromEntries(kept), [CUT_NOTICE]: { type: "text", value: cutText(notes.join("; "), NOTICE_BYTES - 100) } };
}

function withShortNames(entries: readonly (readonly [string, MetadataValue])[], notes: string[]): (readonly [string, MetadataValue])[] {
  return entries.map(([name, value], index) => {
    if (name.length <= MAX_NAME) return [name, value];
    const short = `${name.slice(0, MAX_NAME - 20)}… (${index + 1})`;
    notes.push(`${short}: the name had ${name.length} characters`);
    return [short, value];
  });
}

/** How large each entry may be so that all together fit: what small ones do not need, large ones get. */
function fairShare(sizes: readonly number[], budget: number): number {
  let left = budget;
  let count = sizes.length;
  for (const size of sizes.toSorted((a, b) => a - b)) {
    if (size * count > left) return Math.floor(left / count);
    left -= size;
    count--;
  }
  return budget;
}

function cutValue(value: MetadataValue, bytes: number): Cut {
  switch (value.type) {
    case "text":
    case "md":
    case "sql":
      return { value: { type: value.type, value: cutText(value.value, bytes - 40) }, note: "text cut" };
    // Half a link or path leads nowhere.
    case "url":
    case "path":
    case "asset":
    case "run":
      return { value: { type: "text", value: cutText(value.value, bytes - 40) }, note: "text cut" };
    case "json":
      return { value: { type: "text", value: cutText(JSON.stringify(value.value), bytes - 40) }, note: "JSON cut" };
    case "table":
      return cutTable(value.value, bytes);
    case "table_schema":
      return cutColumns(value.value.columns, bytes);
    case "column_lineage":
      return cutLineage(value.value, bytes);
    case "int":
    case "float":
    case "bool":
    case "timestamp":
    case "null":
      return { value, note: null };
  }
}
