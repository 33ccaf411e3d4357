/** Reads the current state of many assets at once. */
import { getTableColumns } from "drizzle-orm";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { Database } from "../kernel/database.ts";
import { assetState } from "./tables.ts";

export type AssetStateRow = typeof assetState.$inferSelect;

/** The keys are one JSON parameter, because a statement takes at most a hundred. Raw rows are faster: a dashboard reads thousands when it opens. */
export function assetStateRows(db: Database, keys: readonly string[]): Map<string, AssetStateRow> {
  const names = Object.keys(getTableColumns(assetState));
  const columns = Object.values(getTableColumns(assetState)).map((column) => snakeCase(column.name));
  const rows = db.sql
    .exec(`SELECT ${columns.join(", ")} FROM asset_state WHERE asset IN (SELECT value FROM json_each(?))`, JSON.stringify(keys))
    .raw();
  const states = new Map<string, AssetStateRow>();
  for (const row of rows) {
    const state = Object.fromEntries(names.map((name, index) => [name, row[index]])) as unknown as AssetStateRow;
    states.set(state.asset, state);
  }
  return states;
}

/** The places of the latest materialization and the latest change in the order of events. */
export function placesOf(row: AssetStateRow | undefined): AssetState["places"] {
  const { materializedSeq = null, sawSeq = null, changedSeq = null, changedSaw = null, changedAt = null } = row ?? {};
  return {
    materialized: materializedSeq === null || sawSeq === null ? null : { seq: materializedSeq, saw: sawSeq },
    changed: changedSeq === null || changedSaw === null || changedAt === null ? null : { seq: changedSeq, saw: changedSaw, at: changedAt },
  };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
