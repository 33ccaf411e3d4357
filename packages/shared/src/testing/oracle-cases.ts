/** The form of a reference case and our answer to it. Shared by the tests and by `oracle.ts`. */
import { buildAssetGraph } from "../domain/asset-graph.ts";
import { ticksFrom } from "../domain/cron/next.ts";
import { parseCron } from "../domain/cron/parse.ts";
import { findZone } from "../domain/cron/zone.ts";
import type { TimeWindowPartitions } from "../domain/partitions/definition.ts";
import { upstreamPartitions } from "../domain/partitions/mapping.ts";
import { openPartitions, pageOfKeys } from "../domain/partitions/partition-set.ts";
import { countOf, numbersOf } from "../domain/partitions/subset.ts";
import type { GraphAsset } from "../domain/run/plan-types.ts";
import { evaluateSelection } from "../domain/selection/evaluate.ts";
import { parseSelection } from "../domain/selection/parse.ts";
import { unwrap } from "../domain/errors.ts";
import { automationAnswer, type AutomationCase } from "./automation-case.ts";

export interface OracleAnswer {
  readonly expected: unknown;
  readonly got: unknown;
}

interface SelectionCase {
  readonly selection: string;
  readonly error: string | null;
  readonly keys: readonly (readonly string[])[] | null;
  readonly nodes: readonly {
    readonly key: readonly string[];
    readonly deps: readonly (readonly string[])[];
    readonly group: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly owners: readonly string[];
    readonly kinds: readonly string[];
  }[];
}

interface CronCase {
  readonly cron: string;
  readonly timezone: string;
  readonly start_ms: number;
  readonly ticks_ms: readonly number[];
}

interface PartitionsSpec {
  readonly kind: TimeWindowPartitions["cadence"];
  readonly start: string;
  readonly end?: string | null;
  readonly timezone: string;
  readonly cron?: string | null;
  readonly fmt?: string | null;
  readonly end_offset?: number | null;
  readonly minute_offset?: number | null;
  readonly hour_offset?: number | null;
  readonly day_offset?: number | null;
  readonly exclusions?: readonly string[] | null;
}

interface PartitionsCase {
  readonly spec: PartitionsSpec;
  readonly now_ms: number;
  readonly count: number;
  readonly first: readonly string[];
  readonly last: readonly string[];
  readonly windows: Readonly<Record<string, readonly [number, number]>>;
}

interface MappingCase {
  readonly upstream: PartitionsSpec;
  readonly downstream: PartitionsSpec;
  readonly start_offset: number;
  readonly end_offset: number;
  readonly key: string;
  readonly now_ms: number;
  readonly count: number;
  readonly upstream_first: readonly string[];
  readonly required_but_nonexistent: readonly string[];
}

const SHOWN_KEYS = 40;
const SHOWN_MISSING = 50;

export const ORACLES = {
  selection: (line: string): OracleAnswer => {
    const testCase: SelectionCase = JSON.parse(line);
    return { expected: testCase.error === null ? sortedKeys(testCase.keys) : { error: true }, got: selectionAnswer(testCase) };
  },
  cron: (line: string): OracleAnswer => {
    const testCase: CronCase = JSON.parse(line);
    return { expected: testCase.ticks_ms, got: cronAnswer(testCase) };
  },
  partitions: (line: string): OracleAnswer => {
    const { spec, now_ms, ...expected }: PartitionsCase = JSON.parse(line);
    return { expected, got: partitionsAnswer({ spec, now_ms, ...expected }) };
  },
  mappings: (line: string): OracleAnswer => {
    const testCase: MappingCase = JSON.parse(line);
    const { count, upstream_first, required_but_nonexistent } = testCase;
    return { expected: { count, upstream_first, required_but_nonexistent }, got: mappingAnswer(testCase) };
  },
  automation: (line: string): OracleAnswer => {
    const testCase: AutomationCase = JSON.parse(line);
    return { expected: testCase.steps.map((step) => step.requested), got: automationAnswer(testCase) };
  },
};
export type OracleName = keyof typeof ORACLES;

export function isOracleName(text: string): text is OracleName {
  return Object.hasOwn(ORACLES, text);
}

function sortedKeys(keys: SelectionCase["keys"]): string[] {
  return (keys ?? []).map((key) => key.join("/")).sort();
}

function selectionAnswer(testCase: SelectionCase): unknown {
  const assets = testCase.nodes.map(({ key, deps, ...rest }): GraphAsset => {
    const name = key.join("/");
    return { key: name, unit: name, location: "main", deps: deps.map((dep) => ({ key: dep.join("/") })), ...rest };
  });
  const selection = parseSelection(testCase.selection);
  const result = selection.ok ? evaluateSelection(selection.value, buildAssetGraph(assets)) : selection;
  return result.ok ? result.value.toSorted() : { error: true };
}

function cronAnswer(testCase: CronCase): number[] {
  const schedule = { cron: unwrap(parseCron(testCase.cron)), zone: unwrap(findZone(testCase.timezone)) };
  const ticks: number[] = [];
  for (const tick of ticksFrom(schedule, testCase.start_ms)) {
    if (ticks.length >= testCase.ticks_ms.length) break;
    ticks.push(tick);
  }
  return ticks;
}

function definitionOf(spec: PartitionsSpec): TimeWindowPartitions {
  return {
    type: "time",
    cadence: spec.kind,
    start: spec.start,
    end: spec.end ?? undefined,
    timezone: spec.timezone,
    cron: spec.cron ?? undefined,
    format: spec.fmt ?? undefined,
    endOffset: spec.end_offset ?? undefined,
    minuteOffset: spec.minute_offset ?? undefined,
    hourOffset: spec.hour_offset ?? undefined,
    dayOffset: spec.day_offset ?? undefined,
    exclusions: spec.exclusions ?? undefined,
  };
}

function partitionsAnswer(testCase: PartitionsCase): Omit<PartitionsCase, "spec" | "now_ms"> {
  const set = unwrap(openPartitions(definitionOf(testCase.spec), { now: testCase.now_ms }));
  const windows = Object.keys(testCase.windows).map((key): [string, [number, number]] => {
    const window = set.windowOf(key);
    return [key, [window?.start ?? NaN, window?.end ?? NaN]];
  });
  return {
    count: set.count,
    first: pageOfKeys(set, 0, 3),
    last: pageOfKeys(set, Math.max(0, set.count - 3), 3),
    windows: Object.fromEntries(windows),
  };
}

function mappingAnswer(testCase: MappingCase): unknown {
  const upstream = unwrap(openPartitions(definitionOf(testCase.upstream), { now: testCase.now_ms }));
  const downstream = unwrap(openPartitions(definitionOf(testCase.downstream), { now: testCase.now_ms }));
  const number = downstream.numberOf(testCase.key);
  if (number === -1) return { error: `no downstream partition ${testCase.key}` };
  const mapping = { type: "time_window", startOffset: testCase.start_offset, endOffset: testCase.end_offset } as const;
  const mapped = unwrap(upstreamPartitions({ upstream, downstream, mapping }, [number, number + 1]));
  const keys: string[] = [];
  for (const upstreamNumber of numbersOf(mapped.subset)) {
    if (keys.length === SHOWN_KEYS) break;
    keys.push(upstream.keyAt(upstreamNumber) ?? "");
  }
  return { count: countOf(mapped.subset), upstream_first: keys, required_but_nonexistent: mapped.missing.slice(0, SHOWN_MISSING) };
}
