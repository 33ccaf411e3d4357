/** The current state of assets: last materialization, last failure, running steps, checks, partitions and freshness. */
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { assetHealth } from "@headgate/shared/domain/health/asset-health.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { countOf, difference } from "@headgate/shared/domain/partitions/subset.ts";
import { type DeploymentPartitions, partitionContext } from "../partitions/partition-context.ts";
import { staleCount, staleRead } from "../assets/stale-count.ts";
import { parseSubset } from "../partitions/partition-sets.ts";
import { type CheckStateRow, checkStates } from "./asset-read-store.ts";
import { type FreshnessRow, freshnessRows } from "../assets/freshness-store.ts";
import { type PartitionSets, partitionSetsOf, type StaleSet } from "../partitions/partition-store.ts";
import { type OpenAsset, openAssets } from "../runs/step-asset-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { assetStateRows, type AssetStateRow, placesOf } from "../assets/asset-state-store.ts";

/** In the order of the keys. */
export function assetStatesOf(reader: Reader, keys: readonly string[]): AssetState[] {
  const rows = assetStateRows(reader.db, keys);
  const checks = checkStates(reader.db, keys);
  const open = openAssets(reader.db, keys);
  const fresh = freshnessRows(reader.db, keys);
  const partitions = partitionContext(reader.db, reader.now);
  const { graph, checksByAsset } = catalogOf(reader);
  const stored = partitionSetsOf(reader.db, keys);
  return keys.map((key) => {
    const node = graph.indexOf(key);
    const definition = graph.assets[node]?.partitions;
    const results = latestResults(new Set((checksByAsset.get(key) ?? []).map((check) => check.name)), checks.get(key) ?? []);
    return assetState(key, {
      row: rows.get(key),
      open: open.get(key),
      results,
      external: !graph.isMaterializable(node),
      freshness: fresh.get(key) ?? null,
      partitions: definition === undefined ? null : partitionCounts(partitions, { stored: stored.get(key), definition }),
      read: definition === undefined ? staleRead(stored.get(key)) : null,
    });
  });
}

interface StateParts {
  readonly row: AssetStateRow | undefined;
  readonly open: OpenAsset | undefined;
  readonly results: readonly LatestResult[];
  readonly external: boolean;
  readonly freshness: FreshnessRow | null;
  readonly partitions: AssetState["partitions"];
  readonly read: AssetState["staleRead"] | null;
}

function assetState(key: string, { row, open, results, external, freshness, partitions, read }: StateParts): AssetState {
  const materialized =
    row && row.materializedAt !== null
      ? {
          at: row.materializedAt,
          run: row.materializedRun,
          step: row.materializedStep,
          partition: row.materializedPartition,
          durationMs: row.durationMs,
          rowCount: row.rowCount,
          codeVersion: row.codeVersion,
        }
      : null;
  const failed =
    row && row.failedAt !== null
      ? {
          at: row.failedAt,
          run: row.failedRun ?? "",
          step: row.failedStep ?? "",
          message: row.failedMessage ?? "",
          partition: row.failedPartition,
        }
      : null;
  const observedAt = row?.observedAt ?? undefined;
  const attempt = failed ? "failed" : materialized ? "succeeded" : undefined;
  const materialization = attempt ?? (observedAt !== undefined ? "observed" : external ? "external" : "never");
  return {
    key,
    health: assetHealth({ materialization, checks: results, freshness: freshness?.state, failedPartitions: partitions?.failed ?? 0 }).state,
    materialized,
    ...(observedAt !== undefined && { observedAt }),
    failed,
    places: placesOf(row),
    inProgress: open ? { run: open.run, status: open.status } : null,
    checks: countResults(results),
    checksNotPassed: notPassed(results),
    partitions,
    ...(read && { staleRead: read }),
    freshness: freshness && { state: freshness.state, since: freshness.since, changesAt: freshness.changesAt },
  };
}

interface LatestResult {
  readonly name: string;
  readonly state: "passed" | "failed" | "not_run";
  readonly severity: "warn" | "error";
  readonly description: string | null;
  readonly run: string | null;
}

/** Only checks of the active definitions count; a removed check can no longer fail. */
function latestResults(defined: ReadonlySet<string>, rows: readonly CheckStateRow[]): LatestResult[] {
  const known = new Map(rows.map((row) => [row.name, row]));
  return [...defined].map((name) => {
    const row = known.get(name);
    return {
      name,
      state: row === undefined ? "not_run" : row.passed ? "passed" : "failed",
      severity: row?.severity ?? "error",
      description: row?.description ?? null,
      run: row?.run || null,
    };
  });
}

/** So many fit beside an asset. */
const MAX_NOT_PASSED = 3;

function notPassed(results: readonly LatestResult[]): AssetState["checksNotPassed"] {
  const failed = results.filter(({ state }) => state === "failed");
  const [errors, warnings] = [failed.filter(({ severity }) => severity === "error"), failed.filter(({ severity }) => severity === "warn")];
  return [...errors, ...warnings].slice(0, MAX_NOT_PASSED).map(({ state: _state, ...shown }) => shown);
}

function countResults(results: readonly LatestResult[]): AssetState["checks"] {
  const counts = { passed: 0, warned: 0, failed: 0, unknown: 0 };
  for (const { state, severity } of results) {
    if (state === "not_run") counts.unknown++;
    else if (state === "passed") counts.passed++;
    else if (severity === "warn") counts.warned++;
    else counts.failed++;
  }
  return counts;
}

function partitionCounts(
  partitions: DeploymentPartitions,
  { stored, definition }: { readonly stored: (PartitionSets & StaleSet) | undefined; readonly definition: PartitionsDefinition },
): AssetState["partitions"] {
  const opened = partitions.open(definition);
  if (!opened.ok) return { total: 0, materialized: 0, failed: 0 };
  const failed = parseSubset(opened.value, stored?.failed);
  return {
    total: opened.value.count,
    materialized: countOf(difference(parseSubset(opened.value, stored?.materialized), failed)),
    failed: countOf(failed),
    ...staleCount(opened.value, stored),
  };
}
