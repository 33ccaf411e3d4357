/** What does an event of an asset look like and say? */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { AssetEventRow } from "@headgate/shared/contract/assets/asset-views.ts";
import { plural } from "#lib/format/number.ts";
import { freshnessLook } from "#lib/status/automation-look.ts";
import { checkLook, type Look } from "#lib/status/look.ts";

export function eventLook(event: AssetEventRow): Look {
  switch (event.type) {
    case "asset_materialized":
      return { tone: "good", word: "Materialized" };
    case "asset_observed":
      return { tone: "idle", word: "Observed" };
    case "asset_failed":
      return { tone: "bad", word: "Failed" };
    case "check_evaluated": {
      const look = checkLook(event.check);
      return { tone: look.tone, word: `Check ${look.word.toLowerCase()}` };
    }
    case "freshness_changed":
      return freshnessLook(event.freshness?.to ?? "unknown");
    default:
      return assertNever(event.type);
  }
}

/** One line that says what matters of it. */
export function eventSummary(event: AssetEventRow): string {
  if (event.failure) return event.failure.message;
  if (event.freshness) return `was ${event.freshness.from}`;
  if (event.check) return event.check.description === null ? event.check.check : `${event.check.check}: ${event.check.description}`;
  const rows = event.metadata["row_count"];
  return rows?.type === "int" ? plural(rows.value, "row") : "";
}
