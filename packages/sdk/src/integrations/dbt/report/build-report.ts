/** Follows one `dbt build`: turns its lines into step events as they come and knows at the end what became of each wanted asset. */
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { DbtAssetMap } from "../graph/asset-keys.ts";
import { isMicrobatch, type DbtManifest, type DbtManifestNode } from "../graph/dbt-manifest.ts";
import { cleanMessage, compiledSql, nodeFailure } from "./failure.ts";
import type { DbtLine, DbtRunResult, DbtStats } from "./log-line.ts";
import { checkEvent, durationOf, isBad, metadataOf } from "./result-events.ts";
import { assetParents, functionsOf } from "../mapping/parents.ts";
import { helperFailure } from "./helper-failure.ts";
import type { WantedNodes } from "../graph/selection.ts";

export interface ReportOptions {
  readonly manifest: DbtManifest;
  readonly map: DbtAssetMap;
  readonly wanted: WantedNodes;
  readonly partition: string | null;
  readonly targetPath: string;
  /** A materialization waits for its row count, which comes right after it. */
  readonly statsFollow: boolean;
  /** In a step over a range of partitions: the partition that the batch with this description made. */
  partitionOfBatch?(node: DbtManifestNode, description: string): string | null;
  emit(event: StepEvent): void;
}

export interface BuildReport {
  receive(line: DbtLine): void;
  /** Materializations whose row count did not come, which are counted afterwards. */
  pending(): readonly { readonly uniqueId: string; readonly relation: string | null }[];
  /** Emits a held materialization, with a row count when there is one. */
  settle(uniqueId: string, stats: DbtStats | null): void;
  readonly failed: ReadonlyMap<string, Failure>;
  readonly skipped: ReadonlySet<string>;
  readonly materialized: ReadonlySet<string>;
  /** Blocking checks that failed: check id -> what dbt said. */
  readonly failedChecks: ReadonlyMap<string, string>;
  /** Failed tests that are no check of a wanted asset (unit tests, tests of sources): name -> what dbt said. */
  readonly failedTests: ReadonlyMap<string, string>;
  /** Sentences about hooks and functions that failed, each once. */
  readonly failedHelpers: readonly string[];
  /** Wanted assets that dbt said nothing about count as skipped for this reason. */
  skipRest(reason: string): void;
  readonly started: boolean;
}

export function createReport(options: ReportOptions): BuildReport {
  const { manifest, map, wanted } = options;
  const emit = (event: StepEvent): void => options.emit(event);
  const failed = new Map<string, Failure>();
  const skipped = new Set<string>();
  const materialized = new Set<string>();
  const failedChecks = new Map<string, string>();
  const held = new Map<string, { readonly result: DbtRunResult; readonly relation: string | null }>();
  const failedTests = new Map<string, string>();
  const failedHelpers = new Map<string, string>();
  /** Unique id of a model or source -> what of its tests failed. */
  const culprits = new Map<string, string>();
  const partition = options.partition === null ? {} : { partition: options.partition };
  let started = false;
  const startedAssets = new Set<string>();
  /** Microbatch models that began with their batches, and those whose batches are all done. */
  const batched = new Set<string>();
  const concluded = new Set<string>();
  /** What was the matter with a batch: the result of the model itself only counts. */
  const problems = new Map<string, string>();

  const assetOf = (uniqueId: string): string | undefined => {
    const key = map.keys.get(uniqueId);
    return key !== undefined && wanted.assets.has(key) && map.nodes.get(key)?.unique_id === uniqueId ? key : undefined;
  };

  const settle = (uniqueId: string, stats: DbtStats | null): void => {
    const entry = held.get(uniqueId);
    const asset = assetOf(uniqueId);
    const node = manifest.nodes[uniqueId];
    if (!entry || asset === undefined || !node) return;
    held.delete(uniqueId);
    materialized.add(asset);
    if (stats?.error !== undefined)
      emit({ type: "log", level: "warn", message: `rows of ${asset} could not be counted: ${stats.error}`, asset, source: "dbt" });
    const metadata = metadataOf({ node, ...entry, stats, sql: compiledSql(node, options.targetPath) });
    emit({ type: "asset_materialized", asset, ...partition, metadata, ...durationOf(entry.result) });
  };

  const finishAsset = (asset: string, node: DbtManifestNode, line: Extract<DbtLine, { kind: "node_finished" }>): void => {
    const { result } = line;
    // Each batch begins and ends like a node, also one that is skipped; the model itself ends after its line of result.
    if (batched.has(node.unique_id) && !concluded.has(node.unique_id)) return;
    if (result.status === "success") {
      held.set(node.unique_id, { result, relation: line.relation });
      if (!options.statsFollow) settle(node.unique_id, null);
    } else if (result.status === "skipped") {
      skipped.add(asset);
      emit({ type: "asset_skipped", asset, reason: skipReason(node) });
    } else {
      const said = result.message || `dbt ended the node with status "${result.status}".`;
      const cause = isMicrobatch(node) ? problems.get(node.unique_id) : undefined;
      const failure = nodeFailure(node, cause === undefined ? said : `${said}: ${cause}`, options.targetPath);
      failed.set(asset, failure);
      emit({ type: "asset_failed", asset, failure, ...durationOf(result) });
    }
  };

  /** The nearest thing upstream that went wrong. */
  const skipReason = (node: DbtManifestNode): string => {
    const own = culprits.get(node.unique_id);
    if (own?.startsWith("unit test") === true) return `${own} failed`;
    for (const id of functionsOf(manifest, [node]))
      if (failedHelpers.has(id)) return `function ${manifest.functions[id]?.name ?? id} failed`;
    const visited = new Set<string>();
    let level = [node.unique_id];
    while (level.length > 0) {
      const parents = level
        .flatMap((id) => (manifest.nodes[id] ? assetParents(manifest, manifest.nodes[id]) : []))
        .filter((id) => !visited.has(id));
      for (const parent of parents) {
        visited.add(parent);
        const key = map.keys.get(parent) ?? parent;
        if (failed.has(key)) return `upstream ${key} failed`;
        const culprit = culprits.get(parent);
        if (culprit !== undefined) return `${culprit} of upstream ${key} failed`;
      }
      level = parents;
    }
    return "something upstream in the dbt project failed";
  };

  const finishTest = (test: DbtManifestNode, result: DbtRunResult): void => {
    const ids = (map.checkIds.get(test.unique_id) ?? []).filter((id) => wanted.checks.has(id));
    const checks = ids.flatMap((id) => map.checks.get(id) ?? []);
    const bad = isBad(result);
    // dbt runs unit tests before their model, and skips it when one fails.
    const what = test.resource_type === "unit_test" ? "unit test" : "check";
    if (bad) for (const parent of test.depends_on?.nodes ?? []) culprits.set(parent, `${what} ${checks[0]?.name ?? test.name}`);
    if (checks.length === 0 && bad) failedTests.set(test.name, cleanMessage(result.message ?? ""));
    if (result.status === "skipped" || result.status === "no-op") return;
    for (const check of checks) {
      if (bad) failedChecks.set(`${check.asset}:${check.name}`, cleanMessage(result.message ?? ""));
      emit({ ...checkEvent(check, result, options.targetPath), ...partition, ...durationOf(result) });
    }
  };

  const noteHelper = (uniqueId: string, said: string): void => {
    const sentence = helperFailure(manifest, uniqueId, said);
    if (sentence !== null && !failedHelpers.has(uniqueId)) failedHelpers.set(uniqueId, sentence);
  };

  const skipRest = (reason: string): void => {
    for (const asset of wanted.assets) {
      if (materialized.has(asset) || failed.has(asset) || skipped.has(asset)) continue;
      skipped.add(asset);
      emit({ type: "asset_skipped", asset, reason });
    }
  };

  /** Each batch of a range is a partition of its own, also when a later one fails. */
  const finishBatch = (line: Extract<DbtLine, { kind: "batch" }>): void => {
    const asset = assetOf(line.uniqueId);
    const node = manifest.nodes[line.uniqueId];
    if (!line.succeeded || asset === undefined || !node) return;
    const batch = options.partitionOfBatch?.(node, line.description) ?? null;
    if (batch === null) return;
    const metadata: Metadata = { dbt_unique_id: { type: "text", value: node.unique_id } };
    const duration = line.seconds === null ? {} : { durationMs: Math.round(line.seconds * 1000) };
    emit({ type: "asset_materialized", asset, partition: batch, metadata, ...duration });
  };

  const receive = (line: DbtLine): void => {
    switch (line.kind) {
      case "node_started": {
        started = true;
        const asset = assetOf(line.uniqueId);
        if (asset === undefined || startedAssets.has(asset)) return;
        startedAssets.add(asset);
        return emit({ type: "asset_started", asset });
      }
      case "node_finished": {
        const node = manifest.nodes[line.uniqueId];
        const asset = assetOf(line.uniqueId);
        if (node && asset !== undefined) finishAsset(asset, node, line);
        else {
          const test = node?.resource_type === "test" ? node : manifest.unit_tests[line.uniqueId];
          if (test) finishTest(test, line.result);
          else if (line.uniqueId in manifest.functions && isBad(line.result)) noteHelper(line.uniqueId, line.result.message ?? "");
        }
        return;
      }
      case "batch":
        return finishBatch(line);
      case "stats":
        return settle(line.stats.unique_id, line.stats);
      case "unread":
        return emit({ type: "log", level: "warn", message: unreadText(line, manifest), source: "dbt" });
      case "message": {
        if (line.level === "debug" || line.text.trim() === "") return;
        const asset = line.uniqueId === null ? undefined : assetOf(line.uniqueId);
        if (line.uniqueId !== null && line.name === "RunResultError") noteHelper(line.uniqueId, line.text);
        if (line.uniqueId !== null && line.name === "LogStartBatch") batched.add(line.uniqueId);
        if (line.uniqueId !== null && line.name === "LogModelResult") concluded.add(line.uniqueId);
        else if (line.uniqueId !== null && line.level === "error" && !problems.has(line.uniqueId))
          problems.set(
            line.uniqueId,
            line.text.replace(/^Unhandled error while executing\s*/, "").replace(/^Exception on worker thread\.\s*/, ""),
          );
        return emit({
          type: "log",
          level: line.level,
          message: line.text,
          source: "dbt",
          ...(asset !== undefined && { asset }),
        });
      }
      case "text":
        return emit({ type: "log", level: "info", message: line.text, source: "dbt" });
      case "databases":
      case "freshness":
      case "end":
        return;
    }
  };

  return {
    receive,
    settle,
    pending: () =>
      [...held].map(([uniqueId, { relation }]) => ({ uniqueId, relation: relation ?? manifest.nodes[uniqueId]?.relation_name ?? null })),
    failed,
    skipped,
    materialized,
    failedChecks,
    failedTests,
    get failedHelpers() {
      return [...failedHelpers.values()];
    },
    skipRest,
    get started() {
      return started;
    },
  };
}

function unreadText({ uniqueId, missing }: Extract<DbtLine, { kind: "unread" }>, manifest: DbtManifest): string {
  const name = manifest.nodes[uniqueId]?.name ?? uniqueId;
  return `The test ${name} was not run: it reads ${missing.join(", ")}, which no step has built yet.`;
}
