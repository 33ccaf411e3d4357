/** Decides how a metadata value is displayed: in a way of its type, as plain text, or as JSON if a newer SDK made its type. */
import { shortRunId } from "@headgate/shared/ids.ts";
import { isMetadataType, metadataText, type MetadataType, type MetadataValue, type TableColumn } from "@headgate/shared/domain/metadata.ts";
import type { TimeStyle } from "@headgate/shared/format/time.ts";
import { assetPath, runPath, safeExternalUrl, type DeploymentRef } from "#lib/paths.ts";

type ValueOf<T extends MetadataType> = Extract<MetadataValue, { readonly type: T }>;

export interface DisplayContext {
  readonly ref: DeploymentRef;
  readonly time: TimeStyle;
}

export interface ColumnSource {
  readonly text: string;
  readonly href: string;
}

export type MetadataDisplay =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "empty"; readonly text: string }
  | { readonly kind: "mono"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  | { readonly kind: "external_link"; readonly text: string; readonly href: string }
  | { readonly kind: "code"; readonly text: string; readonly language: string; readonly label: string }
  | { readonly kind: "markdown"; readonly text: string }
  | { readonly kind: "records"; readonly columns: readonly TableColumn[]; readonly records: readonly Record<string, unknown>[] }
  | { readonly kind: "columns"; readonly columns: readonly TableColumn[] }
  | { readonly kind: "column_lineage"; readonly columns: readonly { readonly name: string; readonly sources: readonly ColumnSource[] }[] }
  | { readonly kind: "unknown"; readonly type: string; readonly json: string };

/** The types that the dashboard shows in a richer way than as plain text. */
const DISPLAYS: { readonly [T in MetadataType]?: (value: ValueOf<T>, context: DisplayContext) => MetadataDisplay } = {
  // Values come from user code: only links to the web become links.
  url: ({ value }) => {
    const href = safeExternalUrl(value);
    return href === null ? { kind: "mono", text: value } : { kind: "external_link", text: value, href };
  },
  path: ({ value }) => ({ kind: "mono", text: value }),
  json: ({ value }) => ({ kind: "code", language: "json", label: "JSON", text: toJson(value) }),
  md: ({ value }) => ({ kind: "markdown", text: value }),
  sql: ({ value }) => ({ kind: "code", language: "sql", label: "SQL", text: value }),
  table: ({ value }) => ({ kind: "records", columns: value.columns, records: value.records }),
  table_schema: ({ value }) => ({ kind: "columns", columns: value.columns }),
  column_lineage: ({ value }, { ref }) => ({
    kind: "column_lineage",
    columns: Object.entries(value).map(([name, sources]) => ({
      name,
      sources: sources.map(({ asset, column }) => ({ text: `${asset}.${column}`, href: assetPath(ref, asset) })),
    })),
  }),
  asset: ({ value }, { ref }) => ({ kind: "link", text: value, href: assetPath(ref, value) }),
  run: ({ value }, { ref }) => ({ kind: "link", text: shortRunId(value), href: runPath(ref, value) }),
  null: () => ({ kind: "empty", text: "null" }),
};

export function displayMetadata(value: MetadataValue, context: DisplayContext): MetadataDisplay {
  return isMetadataType(value.type) ? displayKnown(value, context) : displayUnknown(value);
}

function displayKnown<T extends MetadataType>(value: ValueOf<T> & { readonly type: T }, context: DisplayContext): MetadataDisplay {
  return DISPLAYS[value.type]?.(value, context) ?? { kind: "text", text: metadataText(value, context.time) };
}

function displayUnknown({ type, ...rest }: { readonly type: string; readonly value?: unknown }): MetadataDisplay {
  return { kind: "unknown", type, json: toJson("value" in rest ? rest.value : rest) };
}

function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "null";
}
