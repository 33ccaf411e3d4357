/**
 * Stores a report from outside (a program, a sensor, another orchestrator) that an asset was materialized, observed or checked. The report
 * becomes an event without a run and has the same effects as a report of a run.
 */
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import { describeKeys, pageOfKeys, parsePartitionRange, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { resolvePartitions } from "@headgate/shared/domain/partitions/named.ts";
import { countOf } from "@headgate/shared/domain/partitions/subset.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { partitionContext } from "../partitions/partition-context.ts";
import { numberOf, saveCheckResult, saveMaterialization, saveObservation, savePoints } from "./asset-store.ts";
import { insertReport, seqOfReport } from "./report-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { appendRunless } from "../kernel/events/event-store.ts";
import { catalogOf } from "../catalog/catalog.ts";

export interface AssetReport {
  readonly type: "materialized" | "observed";
  readonly asset: string;
  /** A key, or `first...last`. */
  readonly partition?: string | undefined;
  readonly metadata: Metadata;
  readonly dataVersion?: string | undefined;
  readonly description?: string | undefined;
  /** A second report with the same id changes nothing. */
  readonly requestId?: string | undefined;
}

export interface CheckReport {
  readonly asset: string;
  readonly check: string;
  readonly passed: boolean;
  readonly severity: "warn" | "error";
  readonly description?: string | undefined;
  readonly partition?: string | undefined;
  readonly metadata: Metadata;
  readonly requestId?: string | undefined;
}

export interface Reporter {
  /** Display name of the reporter. */
  readonly by: string;
  /** The sensors that led to this report. */
  readonly chain: CauseChain | null;
}

/** Returns the number of the event. */
export function reportAsset(tx: Tx, report: AssetReport, by: Reporter): Result<{ readonly seq: number }> {
  const earlier = seqOfReport(tx.db, report.requestId);
  if (earlier !== null) return ok({ seq: earlier });
  const valid = checkReport(tx, report);
  if (!valid.ok) return valid;
  const { asset, dataVersion = null } = report;
  const partition = report.partition ?? null;
  const metadata: Metadata = {
    ...report.metadata,
    ...(report.description !== undefined && { description: { type: "text" as const, value: report.description } }),
  };
  const type = report.type === "materialized" ? "asset_materialized" : "asset_observed";
  const given = { ...(partition !== null && { partition }), ...(dataVersion !== null && { dataVersion }) };
  const gseq = appendRunless(tx, { type, asset, metadata, ...given, reportedBy: by.by });
  const common = { asset, gseq, at: tx.now, partition, dataVersion, started: null };
  if (report.type === "materialized") {
    const rowCount = numberOf(metadata["row_count"]);
    const changed = saveMaterialization(tx.db, { ...common, run: null, step: null, durationMs: null, rowCount, version: null });
    tx.fact({ type: "asset_materialized", asset, partition, by, gseq, startedSeq: null, metadata, dataVersion, changed });
  } else {
    const changed = saveObservation(tx.db, common);
    tx.fact({ type: "asset_observed", asset, partition, by, changed });
  }
  savePoints(tx.db, { asset, gseq, at: tx.now, run: "", partition }, { metadata });
  return finish(tx, report, gseq);
}

/** Checks a report without storing it. */
export function checkReport(tx: Tx, report: Pick<AssetReport, "type" | "asset" | "partition">): Result<null> {
  return checkTarget(tx, report, report.type === "materialized");
}

export function reportCheck(tx: Tx, report: CheckReport, by: Reporter): Result<{ readonly seq: number }> {
  const earlier = seqOfReport(tx.db, report.requestId);
  if (earlier !== null) return ok({ seq: earlier });
  const valid = checkTarget(tx, report, false);
  if (!valid.ok) return valid;
  const known = (catalogOf(tx).checksByAsset.get(report.asset) ?? []).map((check) => check.name);
  if (!known.includes(report.check)) {
    const nearest = nearestKeys(report.check, known, 3);
    const advice =
      nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : known.length > 0 ? ` There are ${known.slice(0, 8).join(", ")}.` : "";
    return refuse("not_found", `${report.asset} has no check "${shortened(report.check)}".${advice}`, { check: report.check, nearest });
  }
  const { asset, check, passed, severity, metadata } = report;
  const partition = report.partition ?? null;
  const described = report.description !== undefined && { description: report.description };
  const gseq = appendRunless(tx, {
    type: "check_evaluated",
    asset,
    check,
    passed,
    severity,
    metadata,
    ...described,
    ...(partition !== null && { partition }),
    reportedBy: by.by,
  });
  const description = report.description ?? null;
  const row = { asset, name: check, gseq, at: tx.now, passed, severity, description, partition, started: null };
  saveCheckResult(tx.db, { ...row, run: "", runNo: 0, step: "" });
  savePoints(tx.db, { asset, gseq, at: tx.now, run: "", partition }, { metadata, prefix: `${check}.` });
  tx.fact({ type: "check_evaluated", asset, partition, by, check, passed, severity, description, metadata });
  return finish(tx, report, gseq);
}

function finish(
  tx: Tx,
  report: { readonly asset: string; readonly requestId?: string | undefined },
  gseq: number,
): Result<{ readonly seq: number }> {
  if (report.requestId !== undefined) insertReport(tx.db, { id: report.requestId, gseq, at: tx.now });
  tx.fact({ type: "asset_changed", asset: report.asset });
  return ok({ seq: gseq });
}

function checkTarget(
  tx: Tx,
  { asset, partition }: { readonly asset: string; readonly partition?: string | undefined },
  needsPartition: boolean,
): Result<null> {
  const { graph } = catalogOf(tx);
  if (!graph.has(asset)) {
    const nearest = nearestKeys(asset, graph.keys, 3);
    const advice = nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : "";
    return refuse("not_found", `There is no asset ${asset}.${advice}`, { asset, nearest });
  }
  const definition = graph.assets[graph.indexOf(asset)]?.partitions;
  if (!definition) {
    if (partition === undefined) return ok(null);
    return refuse(
      "invalid_input",
      `Partition "${shortened(partition)}" was given, but ${asset} is not partitioned. Leave the partition out.`,
      { asset },
    );
  }
  const set = partitionContext(tx.db, tx.now).open(definition);
  if (!set.ok) return set;
  if (partition !== undefined) return checkPartition(asset, partition, { set: set.value, now: tx.now });
  if (!needsPartition) return ok(null);
  return refuse("invalid_input", `${asset} is partitioned: say which partition was materialized. ${describeKeys(set.value)}`, { asset });
}

/** The most keys compared to find a similar one; more would take too long. */
const COMPARED_KEYS = 5000;

function checkPartition(
  asset: string,
  partition: string,
  { set, now }: { readonly set: PartitionSet; readonly now: number },
): Result<null> {
  const known = parsePartitionRange(set, partition);
  if (known.ok && set.dimensions) {
    const meant = resolvePartitions(set, partition, now);
    if (meant.ok && meant.value.length > 2)
      return refuse(
        "invalid_input",
        `"${shortened(partition)}" stands for ${countOf(meant.value)} partitions of ${asset} that are not adjacent, because a range applies to each dimension. Report them one by one.`,
        { asset, partition: shortened(partition) },
      );
  }
  if (known.ok) return ok(null);
  const nearest = nearestKeys(partition, pageOfKeys(set, Math.max(0, set.count - COMPARED_KEYS), COMPARED_KEYS), 3);
  const advice = nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : "";
  return refuse(known.error.code, `${asset}: ${known.error.message}${advice}`, { asset, partition: shortened(partition), nearest });
}
