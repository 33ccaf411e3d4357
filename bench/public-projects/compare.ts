/** What dbt alone and Headgate made of one project, node by node. */

/** dbt's outcome of a node or test, in the words of `run_results.json`. */
export type DbtOutcomes = ReadonlyMap<string, string>;

export interface HeadgateOutcomes {
  /** State of each asset by the dbt node that it is. */
  readonly nodes: ReadonlyMap<string, "built" | "failed" | "not built">;
  /** Result of each check by name. */
  readonly checks: ReadonlyMap<string, "passed" | "warned" | "failed" | "none">;
}

export interface Comparison {
  readonly nodes: Readonly<Record<string, number>>;
  readonly tests: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, number>>;
  readonly differences: readonly string[];
}

const NODE = /^(?:model|seed|snapshot)\./;
const TEST = /^(?:test|unit_test)\./;

export function compare(dbt: DbtOutcomes, headgate: HeadgateOutcomes, random?: RegExp): Comparison {
  const differences: string[] = [];
  for (const [id, status] of dbt) {
    if (!NODE.test(id)) continue;
    const expected = status === "success" ? "built" : status === "skipped" ? "not built" : "failed";
    const seen = headgate.nodes.get(id) ?? "no asset";
    if (seen !== expected) differences.push(`${id}: dbt ${status}, Headgate ${seen}`);
  }
  for (const id of headgate.nodes.keys()) if (!dbt.has(id)) differences.push(`${id}: an asset that dbt does not build`);
  differences.push(...differentTests(dbt, headgate.checks, random));
  return {
    nodes: countBy([...dbt].filter(([id]) => NODE.test(id)).map(([, status]) => status)),
    tests: countBy([...dbt].filter(([id]) => TEST.test(id)).map(([, status]) => status)),
    checks: countBy([...headgate.checks.values()]),
    differences,
  };
}

const EXPECTED_CHECK: Readonly<Record<string, string>> = {
  pass: "passed",
  warn: "warned",
  fail: "failed",
  error: "failed",
  skipped: "none",
};

/**
 * Compares tests by name, `test.PROJECT.NAME.HASH`. Names that several tests or checks have are left out. So are unit tests: after the first
 * that fails dbt skips the others of the model, and chance decides which is first.
 */
function differentTests(dbt: DbtOutcomes, checks: HeadgateOutcomes["checks"], random: RegExp | undefined): string[] {
  const tests = Map.groupBy(
    [...dbt].filter(([id]) => id.startsWith("test.")),
    ([id]) => id.split(".")[2] ?? id,
  );
  const seen = Map.groupBy(checks, ([id]) => id.slice(id.indexOf(":") + 1));
  return [...tests].flatMap(([name, results]) => {
    const [result] = results;
    const [check] = seen.get(name) ?? [];
    if (!result || !check || random?.test(name) || results.length > 1 || (seen.get(name)?.length ?? 0) > 1) return [];
    const expected = EXPECTED_CHECK[result[1]] ?? result[1];
    return expected === check[1] ? [] : [`test ${name}: dbt ${result[1]}, Headgate ${check[1]}`];
  });
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
