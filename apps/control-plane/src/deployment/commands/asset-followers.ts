/** What follows when something became known of an asset, whoever reported it: partitions, freshness, the conditions that look at it and the sensors that wait for it. */
import { type CauseChain, chainOfTarget, type RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { shortRunId } from "@headgate/shared/format/run-id.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import { parsePartitionRange } from "@headgate/shared/domain/partitions/partition-set.ts";
import { difference, rangeSubset, union } from "@headgate/shared/domain/partitions/subset.ts";
import type { CheckSeverity } from "@headgate/shared/domain/run/event.ts";
import { parseSubset, subsetText } from "../partition-sets.ts";
import { partitionContext } from "../partition-context.ts";
import { readPartitionSets, savePartitionSets } from "../store/partition-store.ts";
import type { Turn } from "../turn.ts";
import { noteConditionChange } from "./asset-changed.ts";
import { chainOfRun } from "./cause-chain.ts";
import { updateFreshness } from "./freshness.ts";
import { notePartition } from "./note-partition.ts";
import { noteAssetEvent, noteCheckResult } from "./sensor-events.ts";

/** A run, or somebody outside in words, and the sensors that led to it. */
export type ReportedBy = { readonly chain: RunChain | null } & ({ readonly run: string } | { readonly by: string });

function runOf(by: ReportedBy): string | null {
  return "run" in by ? by.run : null;
}

/** A run begins a chain also when several sensors follow from it. */
function sensorChain(by: ReportedBy, target: string): CauseChain | null {
  const chain = chainOfTarget(by.chain, target);
  return "run" in by ? chainOfRun({ id: by.run, chain }) : chain;
}

function byWhom(by: ReportedBy): string {
  return "run" in by ? `by run ${shortRunId(by.run)}` : `as ${by.by} reported`;
}

function withPartition(asset: string, partition: string | null): string {
  return partition === null ? asset : `${asset} (${partition})`;
}

export interface AssetNote {
  readonly asset: string;
  readonly partition: string | null;
  readonly by: ReportedBy;
}

export interface MaterializationNote extends AssetNote {
  readonly gseq: number;
  readonly metadata: Metadata;
  readonly dataVersion: string | null;
}

export function afterMaterialization(turn: Turn, note: MaterializationNote): void {
  const { asset, partition, by, gseq, metadata, dataVersion } = note;
  if (partition !== null) notePartition(turn, { asset, partition, run: "run" in by ? by.run : "", failure: null });
  updateFreshness(turn, [asset]);
  noteConditionChange(turn, [asset], { cause: `${withPartition(asset, partition)} was materialized ${byWhom(by)}.`, chain: by.chain });
  const event = { type: "asset", seq: gseq, asset, partition, run: runOf(by), at: turn.now, metadata, dataVersion } as const;
  noteAssetEvent(turn, event, sensorChain(by, asset));
}

/** `changed`: its data version is another one than before. */
export function afterObservation(turn: Turn, { asset, partition, by, changed }: AssetNote & { readonly changed: boolean }): void {
  updateFreshness(turn, [asset]);
  const what = changed ? "has new data" : "was looked at";
  noteConditionChange(turn, [asset], { cause: `${withPartition(asset, partition)} ${what}, ${byWhom(by)}.`, chain: by.chain });
}

export function afterFailure(turn: Turn, { asset, partition, by }: AssetNote): void {
  noteConditionChange(turn, [asset], { cause: `${withPartition(asset, partition)} failed ${byWhom(by)}.`, chain: by.chain });
}

export interface CheckNote extends AssetNote {
  readonly check: string;
  readonly passed: boolean;
  readonly severity: CheckSeverity;
  readonly description: string | null;
  readonly metadata: Metadata;
}

export function afterCheck(turn: Turn, note: CheckNote): void {
  const { asset, check, partition, passed, severity, description, metadata, by } = note;
  const id = `${asset}:${check}`;
  noteCheckPartition(turn, { asset, id, partition, passed });
  const what = `Check ${check} of ${withPartition(asset, partition)} ${passed ? "passed" : "failed"}`;
  noteConditionChange(turn, [id], { cause: `${what} ${byWhom(by)}.`, chain: by.chain });
  const outcome = passed ? "passed" : severity === "warn" ? "warned" : "failed";
  const event = { type: "check", asset, check, outcome, description, run: runOf(by), partition, at: turn.now, metadata } as const;
  noteCheckResult(turn, event, sensorChain(by, id));
}

/** Which partitions of a check passed and failed, kept like those of an asset. A result without a partition is about all of them. */
function noteCheckPartition(
  turn: Turn,
  input: { readonly asset: string; readonly id: string; readonly partition: string | null; readonly passed: boolean },
): void {
  const { graph } = turn.catalog();
  const definition = graph.assets[graph.indexOf(input.asset)]?.partitions;
  const opened = definition && partitionContext(turn.db, turn.now).open(definition);
  if (!opened?.ok) return;
  const set = opened.value;
  const noted =
    input.partition === null ? { ok: true as const, value: rangeSubset(0, set.count) } : parsePartitionRange(set, input.partition);
  if (!noted.ok) return;
  const stored = readPartitionSets(turn.db, input.id);
  const [passed, failed] = [parseSubset(set, stored?.materialized), parseSubset(set, stored?.failed)];
  const next = input.passed
    ? { passed: union(passed, noted.value), failed: difference(failed, noted.value) }
    : { passed: difference(passed, noted.value), failed: union(failed, noted.value) };
  savePartitionSets(turn.db, input.id, { materialized: subsetText(set, next.passed), failed: subsetText(set, next.failed) });
}
