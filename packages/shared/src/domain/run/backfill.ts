/**
 * Plans the runs of a backfill and finds those that may start now. The selected assets are cut into groups that a run can hold together;
 * a run waits for the runs that make the partitions it reads. Pure over what is done, so a backfill goes on after any interruption.
 */
import type { AssetGraph } from "../asset-graph.ts";
import { ok, refuse, type Result } from "../errors.ts";
import { canonicalJson } from "../json.ts";
import { inferMapping, upstreamPartitions } from "../partitions/mapping.ts";
import { RANGE_SEPARATOR, type PartitionSet } from "../partitions/partition-set.ts";
import { rangesOf, type PartitionSubset } from "../partitions/subset.ts";

export interface BackfillInput {
  readonly graph: AssetGraph;
  /** Keys of the selected assets. */
  readonly assets: readonly string[];
  readonly partitionsOf: (asset: string) => PartitionSet | null;
  /** Which partitions of each asset; unpartitioned assets are `[0, 1]`. */
  readonly wanted: (asset: string) => PartitionSubset;
  /** At most so many partitions in one run; 1: a run for each; Infinity: one for each unbroken range. By asset: the smallest of those in the run holds. */
  readonly partitionsPerRun: number | ((asset: string) => number);
}

export interface BackfillRun {
  /** Stable: the same backfill planned again has the same ids. */
  readonly id: string;
  readonly assets: readonly string[];
  /** A key or `first...last`; null when unpartitioned. */
  readonly partition: string | null;
  /** How many partitions that are; 1 when unpartitioned. */
  readonly partitions: number;
  /** Runs that must have succeeded before. */
  readonly after: readonly string[];
}

export type BackfillRunState = "waiting" | "active" | "succeeded" | "failed" | "canceled";

export const MAX_BACKFILL_RUNS = 100_000;
/** Runs that wait for runs, counted one by one: where everything reads everything there are more than a deployment can keep. */
export const MAX_BACKFILL_LINKS = 1_000_000;

/** Assets with the same partitions that read each other partition by partition. */
interface Group {
  readonly assets: string[];
  readonly set: PartitionSet | null;
  readonly wanted: PartitionSubset;
}

interface Slice {
  readonly run: BackfillRun & { readonly after: string[] };
  readonly group: Group;
  readonly subset: PartitionSubset;
}

export function planBackfill(input: BackfillInput): Result<readonly BackfillRun[]> {
  const { partitionsPerRun } = input;
  const sizeOf = typeof partitionsPerRun === "number" ? () => partitionsPerRun : partitionsPerRun;
  const unknown = input.assets.find((asset) => !input.graph.has(asset));
  if (unknown !== undefined) return refuse("not_found", `There is no asset "${unknown}".`, { asset: unknown });
  const slices: Slice[] = [];
  const groupOf = new Map<string, Slice[]>();
  for (const group of groupAssets(input)) {
    const size = Math.min(...group.assets.map(sizeOf));
    if (!(size >= 1 && (size === Infinity || Number.isSafeInteger(size))))
      return refuse("invalid_input", `A run of a backfill needs one or more whole partitions, not ${size}.`);
    const own = sliceGroup(group, size, MAX_BACKFILL_RUNS - slices.length);
    if (own === null) return refuseSize(`more than ${MAX_BACKFILL_RUNS} runs`);
    for (const asset of group.assets) groupOf.set(asset, own);
    slices.push(...own);
  }
  let links = 0;
  for (const slice of slices) {
    const linked = link(input, { slice, groupOf, limit: MAX_BACKFILL_LINKS - links });
    if (!linked.ok) return linked;
    links += linked.value;
  }
  return ok(slices.map(({ run }) => run));
}

/** What may start now, in order, so that at most `limit` runs are active. Runs after a failure never start. */
export function nextBackfillRuns(runs: readonly BackfillRun[], stateOf: (id: string) => BackfillRunState, limit: number): BackfillRun[] {
  let free = limit - runs.filter(({ id }) => stateOf(id) === "active").length;
  const next: BackfillRun[] = [];
  for (const run of runs) {
    if (free <= 0) break;
    if (stateOf(run.id) !== "waiting" || !run.after.every((id) => stateOf(id) === "succeeded")) continue;
    next.push(run);
    free--;
  }
  return next;
}

/** `blocked`: waiting for good, because something before it failed. A backfill is over when nothing waits and nothing is active. */
export function backfillProgress(runs: readonly BackfillRun[], stateOf: (id: string) => BackfillRunState) {
  const counts = { waiting: 0, active: 0, succeeded: 0, failed: 0, canceled: 0, blocked: 0 };
  const lost = new Set<string>();
  for (const run of runs) {
    const state = stateOf(run.id);
    const isBlocked = state === "waiting" && run.after.some((id) => lost.has(id));
    if (state === "failed" || state === "canceled" || isBlocked) lost.add(run.id);
    counts[isBlocked ? "blocked" : state]++;
  }
  return { ...counts, done: counts.waiting === 0 && counts.active === 0 };
}

/** From upstream to downstream: an asset joins the group of its upstream assets when one run can hold both. */
function groupAssets(input: BackfillInput): Group[] {
  const { graph } = input;
  const levels = graph.levels();
  const groups: Group[] = [];
  const ofAsset = new Map<string, Group>();
  const order = [...new Set(input.assets)].map((asset) => ({ asset, node: graph.indexOf(asset) }));
  order.sort((a, b) => (levels[a.node] ?? 0) - (levels[b.node] ?? 0) || a.node - b.node);
  for (const { asset, node } of order) {
    if (!graph.isMaterializable(node)) continue;
    const set = input.partitionsOf(asset);
    const wanted = input.wanted(asset);
    if (wanted.length === 0) continue;
    const above = [...graph.upstreamOf(node)].map((upstream) => graph.keys[upstream] ?? "");
    const upstreamGroups = new Set(above.flatMap((key) => ofAsset.get(key) ?? []));
    const [group] = upstreamGroups;
    // With two groups above it, joining one of them could make a circle with the other.
    const fits =
      group && upstreamGroups.size === 1 && above.every((key) => ofAsset.get(key) !== group || alike(input, { group, asset, key }));
    if (fits) {
      group.assets.push(asset);
      ofAsset.set(asset, group);
      continue;
    }
    const own: Group = { assets: [asset], set, wanted };
    groups.push(own);
    ofAsset.set(asset, own);
  }
  return groups;
}

function alike(input: BackfillInput, at: { group: Group; asset: string; key: string }): boolean {
  const set = input.partitionsOf(at.asset);
  const { group } = at;
  if (canonicalJson(input.wanted(at.asset)) !== canonicalJson(group.wanted)) return false;
  if (!set || !group.set) return set === group.set;
  if (canonicalJson(set.definition) !== canonicalJson(group.set.definition)) return false;
  const written = input.graph.assets[input.graph.indexOf(at.asset)]?.deps.find(({ key }) => key === at.key)?.mapping;
  const mapping = written ?? inferMapping(set.definition, group.set.definition);
  if (mapping.type === "identity") return true;
  return mapping.type === "time_window" && (mapping.startOffset ?? 0) === 0 && (mapping.endOffset ?? 0) === 0;
}

function sliceGroup(group: Group, size: number, limit: number): Slice[] | null {
  const { set, wanted, assets } = group;
  const name = assets[0] ?? "";
  if (!set) return limit < 1 ? null : [{ run: { id: name, assets, partition: null, partitions: 1, after: [] }, group, subset: wanted }];
  const slices: Slice[] = [];
  for (const { from, to } of rangesOf(wanted)) {
    for (let start = from; start < to; start += size) {
      const end = Math.min(to, start + size);
      const [first, last] = [set.keyAt(start) ?? "", set.keyAt(end - 1) ?? ""];
      const partition = end - start === 1 ? first : `${first}${RANGE_SEPARATOR}${last}`;
      if (slices.length >= limit) return null;
      slices.push({
        run: { id: `${name}[${partition}]`, assets, partition, partitions: end - start, after: [] },
        group,
        subset: [start, end],
      });
    }
  }
  return slices;
}

function refuseSize(what: string): Result<never> {
  return refuse("too_large", `The backfill needs ${what}. Put more partitions into one run.`);
}

/** Answers with the number of runs that it waits for. */
function link(
  input: BackfillInput,
  at: { readonly slice: Slice; readonly groupOf: ReadonlyMap<string, readonly Slice[]>; readonly limit: number },
): Result<number> {
  const { slice, groupOf, limit } = at;
  const after = new Set<string>();
  for (const asset of slice.group.assets) {
    const definition = input.graph.assets[input.graph.indexOf(asset)];
    for (const { key, mapping } of definition?.deps ?? []) {
      const above = groupOf.get(key) ?? [];
      const [first] = above;
      if (!first || first.group === slice.group) continue;
      const upstream = first.group.set;
      const needed = upstream ? upstreamPartitions({ upstream, downstream: slice.group.set, mapping }, slice.subset) : null;
      if (needed && !needed.ok) return needed;
      for (const other of needed ? overlapping(above, needed.value.subset) : above) {
        after.add(other.run.id);
        if (after.size > limit) return refuseSize(`more than ${MAX_BACKFILL_LINKS} orders between its runs`);
      }
    }
  }
  for (const id of after) slice.run.after.push(id);
  return ok(after.size);
}

/** Slices of one group are in order and do not overlap, so those of a range are found by halving. */
function* overlapping(slices: readonly Slice[], subset: PartitionSubset): Generator<Slice, void> {
  for (const { from, to } of rangesOf(subset)) {
    let [low, high] = [0, slices.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((slices[middle]?.subset[1] ?? 0) <= from) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < slices.length; at++) {
      const slice = slices[at];
      if (!slice || (slice.subset[0] ?? 0) >= to) break;
      yield slice;
    }
  }
}
