/** A small deployment in memory for tests: reports, runs in progress, checks and ticks, with state kept as text between them. */
import { unwrap } from "../errors.ts";
import { buildAssetGraph } from "../asset-graph.ts";
import type { PartitionMapping, PartitionsDefinition } from "../partitions/definition.ts";
import { openPartitions, type PartitionSet } from "../partitions/partition-set.ts";
import { numbersOf, union, type PartitionSubset } from "../partitions/subset.ts";
import type { GraphAsset } from "../run/plan-types.ts";
import type { Condition } from "./condition.ts";
import { evaluateTick, type TickResult } from "./evaluate.ts";
import { QUIET_FACTS, type AutomationFacts, type RunFact, type UpdateFact } from "./facts.ts";
import { prepareAutomation, type AutomationCheck } from "./program.ts";
import type { EvaluationMode } from "./scope.ts";
import type { TargetState } from "./state.ts";

export interface WorldAsset {
  readonly deps?: readonly string[];
  readonly condition?: Condition;
  readonly partitions?: PartitionsDefinition;
  readonly mapping?: PartitionMapping;
  readonly location?: string;
}

export interface WorldOptions {
  readonly assets: Readonly<Record<string, WorldAsset>>;
  readonly checks?: readonly (AutomationCheck & { readonly condition?: Condition })[];
  readonly together?: readonly (readonly string[])[];
  readonly mode?: EvaluationMode;
  readonly incremental?: boolean;
}

interface Report extends UpdateFact {
  readonly target: string;
  readonly key: string | null;
}

export function openWorld(options: WorldOptions) {
  const graph = buildAssetGraph(
    Object.entries(options.assets).map(([key, asset]): GraphAsset => {
      const common = { key, unit: key, location: asset.location ?? "main", group: "default", kinds: [], owners: [], tags: {} };
      const deps = (asset.deps ?? []).map((dep) => ({ key: dep, mapping: asset.mapping }));
      return { ...common, deps, partitions: asset.partitions };
    }),
  );
  const conditions = new Map<string, Condition>();
  for (const [key, { condition }] of Object.entries(options.assets)) if (condition) conditions.set(key, condition);
  for (const { asset, name, condition } of options.checks ?? []) if (condition) conditions.set(`${asset}:${name}`, condition);
  const program = unwrap(prepareAutomation({ graph, conditions, checks: options.checks, together: options.together }));

  const reports: Report[] = [];
  const running = new Map<string, PartitionSubset>();
  const passed = new Map<string, boolean>();
  const codeVersions = new Map<string, string>();
  const dynamicKeys: string[] = [];
  let states: ReadonlyMap<string, TargetState> = new Map();
  let changed = new Set<string>();
  let sequence = 0;

  const setAt = (now: number) => {
    const opened = new Map<string, PartitionSet | null>();
    return (asset: string) => {
      const known = opened.get(asset);
      if (known !== undefined) return known;
      const definition = options.assets[asset]?.partitions;
      const set = definition ? unwrap(openPartitions(definition, { now, dynamicKeys: () => dynamicKeys })) : null;
      opened.set(asset, set);
      return set;
    };
  };
  const factsAt = (now: number): AutomationFacts => {
    const partitions = setAt(now);
    const updates = (target: string, after: number) =>
      reports.flatMap((report): UpdateFact[] => {
        if (report.target !== target || report.moment.sequence <= after) return [];
        const number = report.key === null ? 0 : (partitions(target)?.numberOf(report.key) ?? -1);
        return number === -1 ? [] : [{ ...report, partitions: [number, number + 1] }];
      });
    const verdict = (check: string, wanted: boolean): PartitionSubset => (passed.get(check) === wanted ? [0, 1] : []);
    return {
      ...QUIET_FACTS,
      partitions,
      updates,
      succeeded: (target) => updates(target, 0).reduce<PartitionSubset>((all, update) => union(all, update.partitions), []),
      latestUpdate: (target) => updates(target, 0).at(-1) ?? null,
      running: (target) => running.get(target) ?? [],
      codeVersion: (asset) => codeVersions.get(asset) ?? null,
      checkState: (check) => ({ passed: verdict(check, true), failed: verdict(check, false) }),
    };
  };

  return {
    program,
    factsAt,
    get states() {
      return states;
    },
    /** A materialization (or an evaluated check) at a time, by a step that started earlier. */
    report(target: string, at: number, more: { key?: string; startedAt?: number; run?: RunFact } = {}): void {
      const moment = { at, sequence: ++sequence };
      const started = more.startedAt === undefined ? moment : { at: more.startedAt, sequence: 0 };
      reports.push({ target, key: more.key ?? null, moment, started, partitions: [], run: more.run ?? null, changedData: true });
      changed.add(target);
    },
    setRunning(target: string, isRunning: boolean): void {
      running.set(target, isRunning ? [0, 1] : []);
      sequence++;
      changed.add(target);
    },
    setCheck(check: string, isPassed: boolean, at: number): void {
      passed.set(check, isPassed);
      this.report(check, at);
    },
    setCodeVersion(asset: string, version: string): void {
      codeVersions.set(asset, version);
      changed.add(asset);
    },
    addKey(key: string, asset: string): void {
      dynamicKeys.push(key);
      changed.add(asset);
    },
    tick(now: number): TickResult {
      const facts = factsAt(now);
      const mode = options.mode ?? "event_order";
      const result = evaluateTick({
        program,
        facts,
        mode,
        now,
        sequence,
        states,
        changed: options.incremental === false ? undefined : changed,
      });
      changed = new Set();
      const next = new Map(states);
      for (const { target, outcome } of result.results) {
        if (outcome.ok) next.set(target, JSON.parse(JSON.stringify(outcome.value.state)));
      }
      states = next;
      return result;
    },
    /** The keys that a tick requests; "" when unpartitioned. */
    requestedAt(now: number): Record<string, string[]> {
      const { requested } = this.tick(now);
      const partitions = setAt(now);
      const entries = [...requested].filter(([, subset]) => subset.length > 0);
      return Object.fromEntries(
        entries.map(([target, subset]) => [target, [...numbersOf(subset)].map((number) => partitions(target)?.keyAt(number) ?? "")]),
      );
    },
  };
}
