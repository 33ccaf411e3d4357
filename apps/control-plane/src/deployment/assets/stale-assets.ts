/** Finds which assets are stale and why, in one walk over the graph: one query reads the states, and one the code of each location. */
import type { StaleAsset } from "@headgate/shared/contract/assets/staleness.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { type StaleCause, staleCausesOf, type VersionFacts } from "@headgate/shared/domain/health/staleness.ts";
import { assetStateRows, placesOf, type AssetStateRow } from "./asset-state-store.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { codeVersions } from "../catalog/definition-details.ts";
import { partitionContext } from "../partitions/partition-context.ts";
import { partitionSetsOf } from "../partitions/partition-store.ts";
import { staleCount, staleRead } from "./stale-count.ts";
import type { Reader } from "../kernel/reader.ts";

type At = Pick<Reader, "db" | "now">;

/** The causes of one asset, from its state and the states of what lies above it. */
export function staleCausesOfAsset(at: At, key: string): readonly StaleCause[] {
  const { graph } = catalogOf(at);
  const above = graph.has(key) ? graph.upstream([graph.indexOf(key)]).map((node) => graph.keys[node] ?? "") : [];
  return staleCauses(at, [key, ...above])(key);
}

/** Asks about these assets; what lies above them must be among them. */
export function staleCauses(at: At, keys: readonly string[]): (asset: string) => readonly StaleCause[] {
  const catalog = catalogOf(at);
  const code = codeVersions(at.db, catalog);
  const rows = assetStateRows(at.db, keys);
  const stored = partitionSetsOf(at.db, keys);
  const partitions = partitionContext(at.db, at.now);
  const stalePartitions = (asset: string) => {
    const sets = stored.get(asset);
    const definition = catalog.graph.assets[catalog.graph.indexOf(asset)]?.partitions;
    if (!definition) {
      const read = staleRead(sets);
      return read && { ...read, count: 1 };
    }
    const opened = sets?.stale ? partitions.open(definition) : null;
    return opened?.ok ? staleCount(opened.value, sets).stale : undefined;
  };
  return staleCausesOf(catalog.graph, (asset) => {
    const row = rows.get(asset);
    return row && { ...factsOf(row, code.get(asset) ?? null), stalePartitions: stalePartitions(asset) };
  });
}

function factsOf(row: AssetStateRow, codeVersion: string | null): VersionFacts {
  const { materialized, changed } = placesOf(row);
  return {
    materialized:
      materialized && row.materializedAt !== null ? { ...materialized, at: row.materializedAt, codeVersion: row.codeVersion } : null,
    changed,
    failedAt: row.failedAt,
    codeVersion,
  };
}

/** Answers for any asset. The states are read with the first question. */
export function staleQuestion(at: At): (asset: string) => boolean {
  let causesOf: ReturnType<typeof staleCauses> | null = null;
  return (asset) => {
    causesOf ??= staleCauses(at, catalogOf(at).graph.keys);
    return causesOf(asset).length > 0;
  };
}

export function staleAssets(at: At): Result<StaleAsset[]> {
  const keys = catalogOf(at).graph.keys.toSorted();
  const causesOf = staleCauses(at, keys);
  const found: StaleAsset[] = [];
  for (const key of keys) {
    const causes = causesOf(key);
    if (causes.length > 0) found.push({ key, causes: [...causes] });
  }
  return ok(found);
}
