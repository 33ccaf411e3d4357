/**
 * Keeps which partitions read data that changed after they were materialized. Each change marks the partitions that read it, through the
 * mapping of the dependency, so that readers find one compact set for each asset and never compare events.
 */
import type { AssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { readsSingle } from "@headgate/shared/domain/health/staleness.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import type { MappedSides } from "@headgate/shared/domain/partitions/mapping.ts";
import { parsePartitionRange, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { readersOf, staleAfterBuild } from "@headgate/shared/domain/partitions/stale-partitions.ts";
import {
  EMPTY_SUBSET,
  intersection,
  type PartitionSubset,
  rangeSubset,
  union,
  unionOf,
} from "@headgate/shared/domain/partitions/subset.ts";
import { catalogOf } from "../catalog/catalog.ts";
import type { FactOf } from "../facts.ts";
import type { Tx } from "../kernel/tx.ts";
import { partitionContext, type DeploymentPartitions } from "../partitions/partition-context.ts";
import { parseSubset, subsetText } from "../partitions/partition-sets.ts";
import { partitionSetsOf, saveStaleSet } from "../partitions/partition-store.ts";
import { type ChangeRow, changesSince, MAX_CHANGES } from "./change-store.ts";

/** An asset without partitions that reads single ones is kept as one partition. */
const WHOLE: PartitionsDefinition = { type: "static", keys: ["all"] };

function readerDefinition(graph: AssetGraph, asset: string): PartitionsDefinition | undefined {
  const node = graph.indexOf(asset);
  const definition = graph.assets[node]?.partitions;
  if (definition !== undefined || node === -1) return definition;
  return [...graph.upstreamOf(node)].some((upstream) => readsSingle(graph, node, upstream)) ? WHOLE : undefined;
}

/** The assets of a graph that read single partitions, and what they read. */
export function readByPartitions(graph: AssetGraph): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [node, asset] of graph.assets.entries()) {
    if (!asset || !readerDefinition(graph, asset.key)) continue;
    found.add(asset.key);
    for (const upstream of graph.upstreamOf(node)) found.add(graph.keys[upstream] ?? "");
  }
  return found;
}

const NOTHING_STORED = { materialized: "", stale: "", staleBy: null, staleAt: null };

interface Change {
  readonly asset: string;
  /** Null: all of it. */
  readonly partition: string | null;
}

export function afterMaterialization(tx: Tx, facts: readonly FactOf<"asset_materialized">[]): void {
  const sets = new StaleSets(tx);
  for (const fact of facts) {
    sets.built(fact);
    if (fact.changed) sets.changed(fact);
  }
  sets.save();
}

export function afterObservation(tx: Tx, facts: readonly FactOf<"asset_observed">[]): void {
  const sets = new StaleSets(tx);
  for (const fact of facts) sets.changed(fact);
  sets.save();
}

interface Entry {
  readonly set: PartitionSet;
  readonly materialized: PartitionSubset;
  readonly before: PartitionSubset;
  stale: PartitionSubset;
  by: string | null;
  at: number | null;
}

/** The sets that one transaction touches. Each is read and written once, however many partitions changed. */
class StaleSets {
  readonly #tx: Tx;
  readonly #graph: AssetGraph;
  readonly #partitions: DeploymentPartitions;
  readonly #entries = new Map<string, Entry | null>();
  /** By the event that started the step, and the asset that it made. */
  readonly #changes = new Map<string, readonly ChangeRow[]>();

  constructor(tx: Tx) {
    this.#tx = tx;
    this.#graph = catalogOf(tx).graph;
    this.#partitions = partitionContext(tx.db, tx.now);
  }

  changed({ asset, partition }: Change): void {
    const readers = [...this.#graph.downstreamOf(this.#graph.indexOf(asset))].map((node) => this.#graph.keys[node] ?? "");
    this.#load(readers);
    for (const reader of readers) {
      const entry = this.#entries.get(reader);
      if (!entry) continue;
      const read = this.#readers(reader, { asset, partition });
      if (read.length === 0) continue;
      entry.stale = union(entry.stale, read);
      entry.by = asset;
      entry.at = this.#tx.now;
    }
  }

  built(fact: FactOf<"asset_materialized">): void {
    const { asset, partition } = fact;
    this.#load([asset]);
    const entry = this.#entries.get(asset);
    if (!entry) return;
    const built = namedPartitions(entry.set, partition);
    const unseen = unionOf(this.#unseen(fact).map((change) => this.#readers(asset, change)));
    if (intersection(entry.stale, built).length === 0 && unseen.length === 0) return;
    entry.stale = staleAfterBuild(entry.stale, { built, unseen });
  }

  save(): void {
    for (const [asset, entry] of this.#entries) {
      if (!entry || sameSubset(entry.before, entry.stale)) continue;
      const isStale = entry.stale.length > 0;
      const stale = isStale ? subsetText(entry.set, entry.stale) : "";
      saveStaleSet(this.#tx.db, asset, { stale, staleBy: isStale ? entry.by : null, staleAt: isStale ? entry.at : null });
      this.#tx.fact({ type: "asset_changed", asset });
    }
  }

  /** Changes of dependencies that the step could not see. Its own earlier events are no such changes. */
  #unseen({ asset, gseq, startedSeq }: FactOf<"asset_materialized">): readonly Change[] {
    if (startedSeq === null) return [];
    const upstream = [...this.#graph.upstreamOf(this.#graph.indexOf(asset))].map((node) => this.#graph.keys[node] ?? "");
    const changes = this.#changesSince(asset, { upstream, startedSeq });
    // Changes beyond the limit count as a change of everything: a partition may look stale without need, but never fresh.
    if (changes.length === MAX_CHANGES) return upstream.map((key) => ({ asset: key, partition: null }));
    return changes.filter((change) => !(change.startedSeq === startedSeq && change.gseq < gseq));
  }

  /** A step that reports a thousand partitions started once, so the changes since then are read once. */
  #changesSince(
    asset: string,
    { upstream, startedSeq }: { readonly upstream: readonly string[]; readonly startedSeq: number },
  ): readonly ChangeRow[] {
    const id = `${startedSeq} ${asset}`;
    const known = this.#changes.get(id) ?? changesSince(this.#tx.db, upstream, startedSeq);
    this.#changes.set(id, known);
    return known;
  }

  /** The materialized partitions of an asset that read a change. */
  #readers(reader: string, { asset, partition }: Change): PartitionSubset {
    const entry = this.#entries.get(reader);
    if (!entry) return EMPTY_SUBSET;
    const definition = this.#graph.assets[this.#graph.indexOf(asset)]?.partitions;
    const opened = definition ? this.#partitions.open(definition) : null;
    if (opened && !opened.ok) return EMPTY_SUBSET;
    const upstream = opened?.value ?? null;
    const mapping = this.#graph.assets[this.#graph.indexOf(reader)]?.deps.find(({ key }) => key === asset)?.mapping;
    const sides: MappedSides = { upstream, downstream: entry.set, mapping };
    const changed = upstream === null ? EMPTY_SUBSET : namedPartitions(upstream, partition);
    const read = readersOf(sides, { changed, materialized: entry.materialized });
    return read.ok ? read.value : EMPTY_SUBSET;
  }

  #load(assets: readonly string[]): void {
    const wanted = assets.filter((asset) => !this.#entries.has(asset) && readerDefinition(this.#graph, asset) !== undefined);
    if (wanted.length === 0) return;
    const stored = partitionSetsOf(this.#tx.db, wanted);
    for (const asset of wanted) {
      const definition = readerDefinition(this.#graph, asset);
      const opened = definition && this.#partitions.open(definition);
      const row = stored.get(asset) ?? (definition === WHOLE ? NOTHING_STORED : undefined);
      if (!opened?.ok || !row) {
        this.#entries.set(asset, null);
        continue;
      }
      const stale = parseSubset(opened.value, row.stale);
      const materialized = definition === WHOLE ? rangeSubset(0, 1) : parseSubset(opened.value, row.materialized);
      this.#entries.set(asset, { set: opened.value, materialized, before: stale, stale, by: row.staleBy, at: row.staleAt });
    }
  }
}

/** A key or range that the definition no longer has names nothing. */
function namedPartitions(set: PartitionSet, partition: string | null): PartitionSubset {
  if (partition === null) return rangeSubset(0, set.count);
  const named = parsePartitionRange(set, partition);
  return named.ok ? named.value : EMPTY_SUBSET;
}

function sameSubset(a: PartitionSubset, b: PartitionSubset): boolean {
  return a.length === b.length && a.every((bound, index) => bound === b[index]);
}
