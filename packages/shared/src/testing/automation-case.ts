/** Plays a reference case of automation: materializations are reported between evaluations, and nothing else happens. */
import { buildAssetGraph } from "../domain/asset-graph.ts";
import * as build from "../domain/automation/build.ts";
import type { Condition } from "../domain/automation/condition.ts";
import { evaluateTick } from "../domain/automation/evaluate.ts";
import { QUIET_FACTS, type AutomationFacts, type UpdateFact } from "../domain/automation/facts.ts";
import { prepareAutomation } from "../domain/automation/program.ts";
import type { TargetState } from "../domain/automation/state.ts";
import type { PartitionsDefinition } from "../domain/partitions/definition.ts";
import { openPartitions, type PartitionSet } from "../domain/partitions/partition-set.ts";
import { numbersOf, subsetOf, type PartitionSubset } from "../domain/partitions/subset.ts";
import type { GraphAsset } from "../domain/run/plan-types.ts";
import { AppError, unwrap } from "../domain/errors.ts";
import type { Json } from "../domain/json.ts";

export interface AutomationCase {
  readonly daily_from: string | null;
  readonly nodes: readonly { readonly key: readonly string[]; readonly deps: readonly (readonly string[])[] }[];
  readonly conditions: Readonly<Record<string, CaseCondition>>;
  readonly steps: readonly {
    readonly now_ms: number;
    readonly ops: readonly { readonly materialize: readonly string[]; readonly partition: string | null }[];
    readonly requested: Readonly<Record<string, readonly string[]>>;
  }[];
}

interface CaseCondition {
  readonly op: string;
  readonly a?: CaseCondition;
  readonly b?: CaseCondition;
  readonly of?: CaseCondition;
  readonly cron?: string;
  readonly timezone?: string;
}

/** The reference reported its materializations after all evaluation times, so they are always the latest thing that happened. */
const REPORTED_AT = 4_000_000_000_000;

export interface PlayedStep {
  readonly requested: Readonly<Record<string, readonly string[]>>;
  readonly evaluated: number;
}

/** `incremental`: evaluates only what may have changed. */
export function playAutomationCase(testCase: AutomationCase, options: { readonly incremental: boolean }): PlayedStep[] {
  const partitions: PartitionsDefinition | undefined =
    testCase.daily_from === null ? undefined : { type: "time", cadence: "daily", start: testCase.daily_from };
  const assets = testCase.nodes.map(({ key, deps }): GraphAsset => {
    const name = key.join("/");
    const common = { key: name, unit: name, location: "main", group: "default", kinds: [], owners: [], tags: {}, partitions };
    return { ...common, deps: deps.map((dep) => ({ key: dep.join("/") })) };
  });
  const conditions = new Map(Object.entries(testCase.conditions).map(([key, condition]) => [key, readCase(condition)] as const));
  const program = unwrap(prepareAutomation({ graph: buildAssetGraph(assets), conditions }));
  const history: Report[] = [];
  const statuses: StatusCache = new Map();
  let states = new Map<string, TargetState>();
  return testCase.steps.map(({ now_ms: now, ops }) => {
    for (const { materialize, partition } of ops) history.push({ asset: materialize.join("/"), partition, sequence: history.length + 1 });
    const set = partitions ? unwrap(openPartitions(partitions, { now })) : null;
    const changed = options.incremental ? ops.map(({ materialize }) => materialize.join("/")) : undefined;
    const tick = {
      program,
      facts: factsOf({ history, statuses, set }),
      mode: "dagster",
      now,
      sequence: history.length,
      states,
      changed,
    } as const;
    const { results } = evaluateTick(tick);
    const requested: Record<string, string[]> = {};
    // State survives as text, as it does in a deployment.
    states = new Map(states);
    for (const { target, outcome } of results) {
      const { requested: subset, state } = unwrap(outcome);
      states.set(target, JSON.parse(JSON.stringify(state)));
      if (subset.length > 0) requested[target] = [...numbersOf(subset)].map((number) => set?.keyAt(number) ?? "").toSorted();
    }
    return { requested, evaluated: results.length };
  });
}

interface Report {
  readonly asset: string;
  readonly partition: string | null;
  readonly sequence: number;
}

/**
 * What the reference remembers as materialized: brought up to date only when `missing` is asked, and a partition that does not exist
 * at that time (a report about tomorrow) is dropped for good.
 */
type StatusCache = Map<string, { readonly sequence: number; readonly keys: ReadonlySet<string> }>;

function factsOf(input: {
  readonly history: readonly Report[];
  readonly statuses: StatusCache;
  readonly set: PartitionSet | null;
}): AutomationFacts {
  const { history, statuses, set } = input;
  const updates = (target: string, after: number): UpdateFact[] =>
    history.flatMap(({ asset, partition, sequence }) => {
      const number = set === null ? 0 : set.numberOf(partition ?? "");
      if (asset !== target || sequence <= after || number === -1 || (set === null) !== (partition === null)) return [];
      return [{ moment: { at: REPORTED_AT, sequence }, partitions: [number, number + 1], run: null, changedData: true }];
    });
  const succeeded = (target: string): PartitionSubset => {
    const before = statuses.get(target) ?? { sequence: 0, keys: new Set<string>() };
    const added = updates(target, before.sequence).flatMap(({ partitions: [number = 0] }) => set?.keyAt(number) ?? "");
    const keys = new Set([...before.keys, ...added]);
    statuses.set(target, { sequence: history.length, keys });
    return set ? subsetOf([...keys].map((key) => set.numberOf(key))) : keys.size > 0 ? [0, 1] : [];
  };
  return { ...QUIET_FACTS, partitions: () => set, updates, succeeded, latestUpdate: (target) => updates(target, 0).at(-1) ?? null };
}

function readCase({ op, a, b, of, cron, timezone }: CaseCondition): Condition {
  const part = (condition: CaseCondition | undefined): Condition => {
    if (!condition) throw new AppError("invalid_input", `The case's ${op} lacks an operand.`);
    return readCase(condition);
  };
  switch (op) {
    case "and":
      return build.and(part(a), part(b));
    case "or":
      return build.or(part(a), part(b));
    case "not":
      return build.not(part(of));
    case "since":
      return build.since(part(a), part(b));
    case "newly_true":
      return build.newlyTrue(part(of));
    case "cron_tick_passed":
      return build.cronTickPassed(cron ?? "", timezone);
    case "on_cron":
      return build.onCron(cron ?? "", timezone);
    default: {
      const make = Object.hasOwn(PLAIN, op) ? PLAIN[op] : undefined;
      if (!make) throw new AppError("invalid_input", `There is no condition "${op}" in the reference cases.`);
      return make();
    }
  }
}

const PLAIN: Readonly<Record<string, () => Condition>> = {
  missing: build.missing,
  newly_updated: build.newlyUpdated,
  newly_requested: build.newlyRequested,
  newly_missing: build.newlyMissing,
  will_be_requested: build.willBeRequested,
  initial_evaluation: build.initialEvaluation,
  in_latest_time_window: () => build.inLatestTimeWindow(),
  in_progress: build.inProgress,
  execution_failed: build.executionFailed,
  code_version_changed: build.codeVersionChanged,
  any_deps_updated: build.anyDepsUpdated,
  any_deps_missing: build.anyDepsMissing,
  any_deps_in_progress: build.anyDepsInProgress,
  eager: build.eager,
  on_missing: build.onMissing,
};

export function automationAnswer(testCase: AutomationCase): Json {
  return playAutomationCase(testCase, { incremental: false }).map((step) => step.requested);
}
