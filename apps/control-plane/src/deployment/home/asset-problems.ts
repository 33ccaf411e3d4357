/** Collects what is wrong with assets: failed attempts, failed partitions, checks that did not pass, and late updates. */
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { Problem } from "@headgate/shared/contract/home.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { checksNotPassed, failedAssets, type CheckStateRow, type FailedAsset } from "../asset-pages/asset-read-store.ts";
import { lateAssets } from "../assets/freshness-store.ts";
import { assetFacts } from "../assets/latest-fact-store.ts";
import { catalogOf } from "../catalog/catalog.ts";
import type { Reader } from "../kernel/reader.ts";
import { latestPartitionFailures } from "../partitions/partition-store.ts";

export const MAX_PROBLEMS = 100;

/** `shownRuns`: the runs whose failure an asset shows. */
export function assetProblems(
  reader: Reader,
  states: readonly AssetState[],
): { readonly problems: Problem[]; readonly shownRuns: ReadonlySet<string> } {
  const { graph, checksByAsset } = catalogOf(reader);
  const failed = failedAssets(reader.db, MAX_PROBLEMS).filter((row) => graph.has(row.asset));
  const checks = checksNotPassed(reader.db, MAX_PROBLEMS).filter((row) =>
    checksByAsset.get(row.asset)?.some((check) => check.name === row.name),
  );
  const partitions = failedPartitions(reader, states);
  return {
    problems: [...failed.map(failedAsset), ...partitions, ...checks.map(failedCheck), ...overdueAssets(reader)],
    shownRuns: new Set([...failed.map((row) => row.run), ...partitions.map(({ run }) => run ?? "")]),
  };
}

function failedAsset(row: FailedAsset): Problem {
  return {
    kind: "asset_failed",
    subject: row.asset,
    title: `${row.asset} failed`,
    message: row.message,
    since: row.failingSince,
    times: row.failures,
    run: row.run,
  };
}

/** The last attempt at these assets, at another partition, ended well. */
function failedPartitions(reader: Reader, states: readonly AssetState[]): Problem[] {
  const found = states.filter((state) => state.failed === null && (state.partitions?.failed ?? 0) > 0).slice(0, MAX_PROBLEMS);
  const failures = latestPartitionFailures(
    reader.db,
    found.map((state) => state.key),
  );
  return found.flatMap(({ key, partitions }): Problem[] => {
    const latest = failures.get(key);
    if (!latest) return [];
    return [
      {
        kind: "partitions_failed",
        subject: key,
        title: `${plural(partitions?.failed ?? 0, "partition")} of ${key} failed`,
        message: latest.message,
        since: latest.since,
        times: 1,
        run: latest.run === "" ? null : latest.run,
      },
    ];
  });
}

function failedCheck(row: CheckStateRow): Problem {
  const isError = row.severity === "error";
  return {
    kind: isError ? "check_failed" : "check_warned",
    subject: `${row.asset}:${row.name}`,
    title: `Check ${row.name} of ${row.asset} ${isError ? "failed" : "warned"}`,
    message: row.description ?? "The check did not pass.",
    since: row.failingSince ?? row.at,
    times: row.failures,
    run: row.run === "" ? null : row.run,
  };
}

function overdueAssets(reader: Reader): Problem[] {
  const { graph } = catalogOf(reader);
  const late = lateAssets(reader.db, MAX_PROBLEMS).filter((row) => row.state === "overdue" && graph.has(row.asset));
  const facts = assetFacts(
    reader.db,
    late.map((row) => row.asset),
  );
  return late.map(({ asset, since }): Problem => {
    const known = facts.get(asset);
    const at = Math.max(known?.materializedAt ?? 0, known?.observedAt ?? 0);
    const message =
      at === 0
        ? "It was never materialized."
        : `Its last materialization, of ${new Date(at).toISOString()}, is older than its freshness policy allows.`;
    return { kind: "asset_overdue", subject: asset, title: `${asset} is overdue`, message, since, times: 1, run: null };
  });
}
