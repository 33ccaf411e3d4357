/** Reads the asset definitions of versions: a small part for the graph, the rest for pages. */
import type { GraphAsset } from "@headgate/shared/domain/run/plan-types.ts";
import type { ManifestAsset } from "@headgate/shared/manifest/schema.ts";
import type { Database } from "../kernel/database.ts";
import type { FreshnessPolicySpec } from "@headgate/shared/domain/health/freshness-policy.ts";

/** In the order of the manifest. */
export function graphAssetsOf(db: Database, versionNo: number): GraphAsset[] {
  const assets: GraphAsset[] = [];
  for (const row of db.sql.exec<{ graph: string }>("SELECT graph FROM version_asset WHERE version_no = ? ORDER BY position", versionNo)) {
    assets.push(JSON.parse(row.graph) as GraphAsset);
  }
  return assets;
}

export interface StoredDefinition extends Omit<ManifestAsset, "code" | "configSchema"> {
  readonly location: string;
}

/** Yields one row at a time, so that the texts of a large location are never all in memory. */
export function* definitionsOf(db: Database, versionNo: number): Generator<StoredDefinition> {
  for (const row of db.sql.exec<{ graph: string; detail: string }>(
    "SELECT graph, detail FROM version_asset WHERE version_no = ? ORDER BY key",
    versionNo,
  )) {
    yield { ...JSON.parse(row.graph), ...JSON.parse(row.detail) } as StoredDefinition;
  }
}

export function readDefinition(db: Database, versionNo: number, key: string): (ManifestAsset & { readonly location: string }) | null {
  const row = db.sql
    .exec<{ graph: string; detail: string; code: string | null; config_schema: string | null }>(
      "SELECT graph, detail, code, config_schema FROM version_asset WHERE version_no = ? AND key = ?",
      versionNo,
      key,
    )
    .toArray()[0];
  if (!row) return null;
  const code = row.code === null ? {} : { code: JSON.parse(row.code) };
  const config = row.config_schema === null ? {} : { configSchema: JSON.parse(row.config_schema) };
  return { ...JSON.parse(row.graph), ...JSON.parse(row.detail), ...code, ...config } as ManifestAsset & { location: string };
}

/** `version` is the version's id. */
export function readGraphAsset(db: Database, version: string, key: string): GraphAsset | null {
  const row = db.sql
    .exec<{ graph: string }>(
      "SELECT version_asset.graph AS graph FROM version JOIN version_asset ON version_asset.version_no = version.no WHERE version.id = ? AND version_asset.key = ?",
      version,
      key,
    )
    .toArray()[0];
  return row ? (JSON.parse(row.graph) as GraphAsset) : null;
}

export function codeVersionOf(db: Database, versionNo: number, asset: string): string | null {
  return (
    db.sql
      .exec<{ codeVersion: string | null }>(
        "SELECT detail ->> 'codeVersion' AS codeVersion FROM version_asset WHERE version_no = ? AND key = ?",
        versionNo,
        asset,
      )
      .toArray()[0]?.codeVersion ?? null
  );
}

export function codeVersionsOf(db: Database, versionNo: number): { readonly key: string; readonly codeVersion: string | null }[] {
  return db.sql
    .exec<{ key: string; codeVersion: string | null }>(
      "SELECT key, detail ->> 'codeVersion' AS codeVersion FROM version_asset WHERE version_no = ?",
      versionNo,
    )
    .toArray();
}

/** The assets of a version that its functions only observe. */
export function observablesOfVersion(db: Database, versionNo: number): string[] {
  return db.sql
    .exec<{ key: string }>(
      "SELECT key FROM version_asset INDEXED BY version_asset_observable WHERE version_no = ? AND detail ->> 'observable' = 1",
      versionNo,
    )
    .toArray()
    .map((row) => row.key);
}

/** Takes the version's id, because a run keeps the version that it was made with. */
export function isObservableIn(db: Database, version: string, asset: string): boolean {
  return (
    db.sql
      .exec(
        `SELECT 1 FROM version CROSS JOIN version_asset ON version_asset.version_no = version.no
         WHERE version.id = ? AND version_asset.key = ? AND version_asset.detail ->> 'observable' = 1`,
        version,
        asset,
      )
      .toArray().length > 0
  );
}

/** Freshness policies of one version by asset. */
export function policiesOfVersion(db: Database, versionNo: number): Map<string, FreshnessPolicySpec> {
  const rows = db.sql
    .exec<{ key: string; policy: string }>(
      `SELECT key, detail -> 'freshness' AS policy FROM version_asset INDEXED BY version_asset_with_freshness
       WHERE version_no = ? AND detail ->> 'freshness' IS NOT NULL`,
      versionNo,
    )
    .toArray();
  return new Map(rows.map((row) => [row.key, JSON.parse(row.policy) as FreshnessPolicySpec]));
}
