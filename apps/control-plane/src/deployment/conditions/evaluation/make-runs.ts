/** Turns the requests of one evaluation into runs. Targets that share a partition share a run; several partitions become a backfill. */
import { checkId, parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import type { AutomationFacts } from "@headgate/shared/domain/automation/facts.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import type { PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import {
  countOf,
  EMPTY_SUBSET,
  includes,
  intersection,
  numbersOf,
  type PartitionSubset,
  subsetOf,
  unionOf,
} from "@headgate/shared/domain/partitions/subset.ts";
import { locationOfTarget } from "../condition-program.ts";
import { partitionTexts } from "../../partitions/partition-text.ts";
import { readRunByNo } from "../../runs/run-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { launchBackfill } from "../../backfills/launch-backfill.ts";
import { createRun } from "../../runs/launch/create-run.ts";
import { planAssets } from "../../runs/launch/resolve-target.ts";
import type { Chains } from "./chains.ts";
import { catalogOf } from "../../catalog/catalog.ts";
import { backfillId } from "@headgate/shared/domain/run/backfill-id.ts";

export interface Made {
  readonly runs: readonly string[];
  readonly backfill: string | null;
  /** Requested partitions without a run: the next evaluation requests them again. */
  readonly left: PartitionSubset;
  readonly error: string | null;
}
export const NOTHING_MADE: Made = { runs: [], backfill: null, left: EMPTY_SUBSET, error: null };

/** The most runs made at once for checks that are requested without their assets; the next evaluation makes more. */
const MAX_RUNS_PER_GROUP = 25;
const MAX_LISTED = 20;

interface Requests {
  readonly requested: ReadonlyMap<string, PartitionSubset>;
  readonly facts: AutomationFacts;
  readonly evaluationOf: (target: string) => string;
  readonly chainOf: Chains["of"];
}
type Origin = Pick<Requests, "evaluationOf" | "chainOf">;

/** Targets of one code location with the same partitions: they can share a run. */
interface Group {
  readonly set: PartitionSet | null;
  readonly targets: Map<string, PartitionSubset>;
}

export function makeRuns(tx: Tx, { requested, facts, ...origin }: Requests): Map<string, Made> {
  const made = new Map<string, Made>();
  for (const group of groupsOf(tx, requested, facts)) {
    for (const [target, outcome] of makeGroup(tx, group, origin)) made.set(target, outcome);
  }
  if (made.size > 0) tx.fact({ type: "work_available" });
  return made;
}

function groupsOf(tx: Tx, requested: Requests["requested"], facts: AutomationFacts): Iterable<Group> {
  const catalog = catalogOf(tx);
  const groups = new Map<string, Group>();
  for (const [target, subset] of requested) {
    if (subset.length === 0) continue;
    const set = facts.partitions(parseCheckId(target)?.asset ?? target);
    const id = canonicalJson([locationOfTarget(catalog, target), set?.definition ?? null]);
    const group = groups.get(id) ?? { set, targets: new Map<string, PartitionSubset>() };
    group.targets.set(target, subset);
    groups.set(id, group);
  }
  return groups.values();
}

function makeGroup(tx: Tx, group: Group, origin: Origin): Map<string, Made> {
  const { set, targets } = group;
  const all = unionOf(targets.values());
  if (!set || countOf(all) === 1) return makeSingle(tx, group, { numbers: set ? [...numbersOf(all)] : [null], origin });
  const assets = [...targets].filter(([target]) => parseCheckId(target) === null);
  // A backfill also evaluates the checks of its assets.
  const covered = new Set(assets.map(([asset]) => asset));
  const alone = [...targets].filter(([target]) => !covered.has(parseCheckId(target)?.asset ?? target));
  const made = new Map<string, Made>(assets.length > 0 ? makeBackfill(tx, { set, assets: new Map(assets), origin }) : []);
  for (const [target] of targets) {
    const ofAsset = made.get(parseCheckId(target)?.asset ?? "");
    if (ofAsset) made.set(target, ofAsset);
  }
  if (alone.length === 0) return made;
  const rest = { set, targets: new Map(alone) };
  for (const [target, own] of makeSingle(tx, rest, { numbers: [...numbersOf(unionOf(rest.targets.values()))], origin }))
    made.set(target, own);
  return made;
}

/** A backfill makes many partitions in dependency order, a few at a time. */
function makeBackfill(
  tx: Tx,
  { set, assets, origin }: { readonly set: PartitionSet; readonly assets: Group["targets"]; readonly origin: Origin },
): [string, Made][] {
  const { graph } = catalogOf(tx);
  const levels = graph.levels();
  const wanted = new Map([...assets].toSorted(([a], [b]) => (levels[graph.indexOf(a)] ?? 0) - (levels[graph.indexOf(b)] ?? 0)));
  const [first = "", ...others] = wanted.keys();
  const launched = tx.savepoint(() =>
    launchBackfill(tx, {
      selection: selectionText([...wanted.keys()]),
      partitions: partitionTexts(set, unionOf(wanted.values()), MAX_LISTED).join(", "),
      wanted,
      priority: 0,
      by: `the condition of ${first}${others.length > 0 ? ` and ${others.length} more` : ""}`,
      chain: origin.chainOf(wanted.keys()),
    }),
  );
  const made: Made = launched.ok
    ? { ...NOTHING_MADE, backfill: backfillId(launched.value) }
    : { ...NOTHING_MADE, error: launched.error.message };
  return [...assets.keys()].map((asset) => [asset, made]);
}

/** Makes one run for each partition, up to the limit. */
function makeSingle(
  tx: Tx,
  { set, targets }: Group,
  input: { readonly numbers: readonly (number | null)[]; readonly origin: Origin },
): Map<string, Made> {
  const left = subsetOf(input.numbers.slice(MAX_RUNS_PER_GROUP).filter((number) => number !== null));
  const runs = new Map<string, string[]>();
  const errors = new Map<string, string>();
  for (const number of input.numbers.slice(0, MAX_RUNS_PER_GROUP)) {
    const wanted = [...targets].filter(([, subset]) => number === null || includes(subset, number)).map(([target]) => target);
    const partition = number === null || !set ? null : set.keyAt(number);
    const run = makeRun(tx, { targets: wanted, partition, origin: input.origin });
    for (const target of wanted) {
      if (run.ok) runs.set(target, [...(runs.get(target) ?? []), run.value]);
      else errors.set(target, run.error.message);
    }
  }
  return new Map(
    [...targets].map(([target, subset]) => {
      const rest = intersection(subset, left);
      const later = rest.length > 0 ? `${countOf(rest)} more partitions follow with the next evaluation.` : null;
      return [target, { runs: runs.get(target) ?? [], backfill: null, left: rest, error: errors.get(target) ?? later }];
    }),
  );
}

function makeRun(
  tx: Tx,
  input: { readonly targets: readonly string[]; readonly partition: string | null; readonly origin: Origin },
): Result<string> {
  const { targets, partition } = input;
  const catalog = catalogOf(tx);
  const checks = targets.filter((target) => parseCheckId(target) !== null);
  const assets = targets.filter((target) => parseCheckId(target) === null);
  const ofChecks = [...new Set(checks.map((check) => parseCheckId(check)?.asset ?? ""))];
  // The run is made as a whole or not at all.
  const created = tx.savepoint(() => {
    const resolved = planAssets(catalog, {
      job: null,
      selection: selectionText(assets.length > 0 ? assets : ofChecks),
      assets: assets.length > 0 ? assets : ofChecks,
      external: [],
      partition,
      checksOnly: assets.length === 0,
      checks: checksOf(tx, assets, checks),
      now: tx.now,
    });
    if (!resolved.ok) return resolved;
    const [first = ""] = targets;
    return createRun(tx, {
      resolved: resolved.value,
      trigger: { type: "condition", targets: targets.slice(0, MAX_LISTED), evaluation: input.origin.evaluationOf(first) },
      given: {},
      parent: null,
      chain: input.origin.chainOf(targets),
    });
  });
  return created.ok ? ok(readRunByNo(tx.db, created.value)?.id ?? "") : created;
}

/** A check with its own condition runs only when the condition requests it; any other check runs with its asset. */
function checksOf(tx: Tx, assets: readonly string[], requested: readonly string[]): readonly string[] | undefined {
  const { checksByAsset } = catalogOf(tx);
  const ofAssets = assets.flatMap((asset) => checksByAsset.get(asset) ?? []);
  if (requested.length === 0 && ofAssets.every((check) => check.automation === undefined)) return undefined;
  return [...new Set([...requested, ...ofAssets.filter((check) => check.automation === undefined).map(checkId)])];
}

function selectionText(assets: readonly string[]): string {
  return assets.map((asset) => `key:"${asset}"`).join(" or ");
}
