/** What conditions request in one evaluation becomes runs: one for each partition of assets that share their partitions, checks included. */
import { checkId, parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import type { AutomationFacts } from "@headgate/shared/domain/automation/facts.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import type { PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { countOf, EMPTY_SUBSET, includes, numbersOf, type PartitionSubset, subsetOf, unionOf } from "@headgate/shared/domain/partitions/subset.ts";
import { locationOfTarget } from "../../condition-program.ts";
import { readRunByNo } from "../../store/run-store.ts";
import type { Turn } from "../../turn.ts";
import { createRun } from "../launch-run.ts";
import { planAssets } from "../launch-target.ts";

export interface Made {
  readonly runs: readonly string[];
  readonly backfill: string | null;
  /** Requested but not made: the next evaluation requests it again. */
  readonly left: PartitionSubset;
  readonly error: string | null;
}
export const NOTHING_MADE: Made = { runs: [], backfill: null, left: EMPTY_SUBSET, error: null };

/** Several partitions of checks only, or of few assets, are runs of their own; more follow with the next evaluation. */
const MAX_RUNS_PER_GROUP = 25;
const MAX_LISTED = 20;

interface Requests {
  readonly requested: ReadonlyMap<string, PartitionSubset>;
  readonly facts: AutomationFacts;
  readonly evaluationOf: (target: string) => string;
}

/** Targets of one code location with the same partitions: they can share a run. */
interface Group {
  readonly set: PartitionSet | null;
  readonly targets: Map<string, PartitionSubset>;
}

export function makeRuns(turn: Turn, { requested, facts, evaluationOf }: Requests): Map<string, Made> {
  const made = new Map<string, Made>();
  for (const group of groupsOf(turn, requested, facts)) {
    for (const [target, outcome] of makeGroup(turn, group, evaluationOf)) made.set(target, outcome);
  }
  if (made.size > 0) turn.atEnd.dispatch = true;
  return made;
}

function groupsOf(turn: Turn, requested: Requests["requested"], facts: AutomationFacts): Iterable<Group> {
  const catalog = turn.catalog();
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

function makeGroup(turn: Turn, group: Group, evaluationOf: Requests["evaluationOf"]): Map<string, Made> {
  const { set, targets } = group;
  const all = unionOf(targets.values());
  const numbers: (number | null)[] = set ? [...numbersOf(all)] : [null];
  const now = numbers.slice(0, MAX_RUNS_PER_GROUP);
  const left = subsetOf(numbers.slice(MAX_RUNS_PER_GROUP).filter((number) => number !== null));
  const runs = new Map<string, string[]>();
  const errors = new Map<string, string>();
  for (const number of now) {
    const wanted = [...targets].filter(([, subset]) => number === null || includes(subset, number)).map(([target]) => target);
    const run = makeRun(turn, { targets: wanted, partition: number === null || !set ? null : set.keyAt(number), evaluationOf });
    for (const target of wanted) {
      if (run.ok) runs.set(target, [...(runs.get(target) ?? []), run.value]);
      else errors.set(target, run.error.message);
    }
  }
  return new Map(
    [...targets].map(([target, subset]) => {
      const rest = subsetOf([...numbersOf(subset)].filter((number) => includes(left, number)));
      const later = rest.length > 0 ? `${countOf(rest)} more partitions follow with the next evaluation.` : null;
      const own: Made = { runs: runs.get(target) ?? [], backfill: null, left: rest, error: errors.get(target) ?? later };
      return [target, own];
    }),
  );
}

function makeRun(
  turn: Turn,
  input: { readonly targets: readonly string[]; readonly partition: string | null; readonly evaluationOf: Requests["evaluationOf"] },
): Result<string> {
  const { targets, partition } = input;
  const catalog = turn.catalog();
  const checks = targets.filter((target) => parseCheckId(target) !== null);
  const assets = targets.filter((target) => parseCheckId(target) === null);
  const ofChecks = [...new Set(checks.map((check) => parseCheckId(check)?.asset ?? ""))];
  // Like everything a run makes of one request: as a whole or not at all.
  const created = turn.attempt(() => {
    const resolved = planAssets(catalog, {
      job: null,
      selection: selectionText(assets.length > 0 ? assets : ofChecks),
      assets: assets.length > 0 ? assets : ofChecks,
      external: [],
      partition,
      checksOnly: assets.length === 0,
      checks: checksOf(turn, assets, checks),
      now: turn.now,
    });
    if (!resolved.ok) return resolved;
    const [first = ""] = targets;
    return createRun(turn, {
      resolved: resolved.value,
      trigger: { type: "condition", targets: targets.slice(0, MAX_LISTED), evaluation: input.evaluationOf(first) },
      tags: {},
      config: undefined,
      priority: 0,
      parent: null,
    });
  });
  return created.ok ? ok(readRunByNo(turn.db, created.value)?.id ?? "") : created;
}

/** A check with a condition of its own is evaluated when that says so, every other one with its asset. */
function checksOf(turn: Turn, assets: readonly string[], requested: readonly string[]): readonly string[] | undefined {
  const { checksByAsset } = turn.catalog();
  const ofAssets = assets.flatMap((asset) => checksByAsset.get(asset) ?? []);
  if (requested.length === 0 && ofAssets.every((check) => check.automation === undefined)) return undefined;
  return [...new Set([...requested, ...ofAssets.filter((check) => check.automation === undefined).map(checkId)])];
}

function selectionText(assets: readonly string[]): string {
  return assets.map((asset) => `key:"${asset}"`).join(" or ");
}
