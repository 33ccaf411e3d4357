/** Style and summary of an asset event. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { AssetEventRow } from "@headgate/shared/contract/assets/asset-views.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { freshnessStyle } from "#lib/status/automation-status-style.ts";
import { checkStyle, type StatusStyle } from "#lib/status/status-style.ts";

export function assetEventStyle(event: AssetEventRow): StatusStyle {
  switch (event.type) {
    case "asset_materialized":
      return { tone: "good", label: "Materialized" };
    case "asset_observed":
      return { tone: "idle", label: "Observed" };
    case "asset_failed":
      return { tone: "bad", label: "Failed" };
    case "check_evaluated": {
      const style = checkStyle(event.check);
      return { tone: style.tone, label: `Check ${style.label.toLowerCase()}` };
    }
    case "freshness_changed":
      return freshnessStyle(event.freshness?.to ?? "unknown");
    default:
      return assertNever(event.type);
  }
}

/** The most important fact in one line. */
export function formatAssetEvent(event: AssetEventRow): string {
  if (event.failure) return event.failure.message;
  if (event.freshness) return `was ${event.freshness.from}`;
  if (event.check) return event.check.description === null ? event.check.check : `${event.check.check}: ${event.check.description}`;
  const rows = event.metadata["row_count"];
  return rows?.type === "int" ? plural(rows.value, "row") : "";
}
