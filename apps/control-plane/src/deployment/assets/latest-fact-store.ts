/** Reads when assets were last materialized, observed and failed. */
import type { Database } from "../kernel/database.ts";

export interface AssetFact {
  readonly materializedSeq: number | null;
  readonly materializedAt: number | null;
  readonly observedSeq: number | null;
  readonly observedAt: number | null;
  readonly failedAt: number | null;
  readonly latestSeq: number | null;
}

type AssetFactRow = {
  asset: string;
  materializedSeq: number | null;
  materializedAt: number | null;
  observedSeq: number | null;
  observedAt: number | null;
  failedAt: number | null;
  latestSeq: number | null;
};

export function assetFacts(db: Database, assets: readonly string[]): Map<string, AssetFact> {
  const rows = db.sql
    .exec<AssetFactRow>(
      `SELECT asset, materialized_seq AS materializedSeq, materialized_at AS materializedAt, observed_seq AS observedSeq, observed_at AS observedAt,
         failed_at AS failedAt, latest_seq AS latestSeq FROM asset_state WHERE asset IN (SELECT value FROM json_each(?))`,
      JSON.stringify(assets),
    )
    .toArray();
  return new Map(rows.map((row) => [row.asset, row]));
}

/** The time of the last materialization or, for assets made elsewhere, of the last observation if that is later. */
export function lastSeenAt(fact: Pick<AssetFact, "materializedAt" | "observedAt"> | null, isFromOutside: boolean): number | null {
  const observed = isFromOutside ? (fact?.observedAt ?? null) : null;
  const materialized = fact?.materializedAt ?? null;
  return observed === null || materialized === null ? (observed ?? materialized) : Math.max(observed, materialized);
}
