/** Measures an evaluation of automation conditions: of all assets, and after ten of ten thousand have changed. */
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { eager } from "@headgate/shared/domain/automation/build.ts";
import { evaluateTick } from "@headgate/shared/domain/automation/evaluate.ts";
import { QUIET_FACTS, type AutomationFacts, type UpdateFact } from "@headgate/shared/domain/automation/facts.ts";
import { prepareAutomation } from "@headgate/shared/domain/automation/program.ts";
import type { TargetState } from "@headgate/shared/domain/automation/state.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { ASSETS, graphAssets } from "./domain-inputs.ts";
import type { Measure } from "./stats.ts";

const CHANGED = 10;

export function measureAutomation(): Measure[] {
  const graph = buildAssetGraph(graphAssets(ASSETS));
  const condition = eager();
  const program = unwrap(prepareAutomation({ graph, conditions: new Map(graph.keys.map((key) => [key, condition])) }));
  const changed = Array.from({ length: CHANGED }, (_, index) => `n${ASSETS - 1 - index * 13}`);
  const reports = new Map<string, UpdateFact[]>();
  const facts: AutomationFacts = {
    ...QUIET_FACTS,
    succeeded: () => [0, 1],
    updates: (target, after) => (reports.get(target) ?? []).filter(({ moment }) => moment.sequence > after),
  };
  const states = new Map<string, TargetState>();
  let now = Date.UTC(2025, 5, 1);
  const tick = (only: readonly string[] | undefined) => {
    now += 30_000;
    const start = performance.now();
    const { results } = evaluateTick({ program, facts, mode: "event_order", now, sequence: now, states, changed: only });
    const ms = performance.now() - start;
    for (const { target, outcome } of results) if (outcome.ok) states.set(target, outcome.value.state);
    return { ms, evaluated: results.length };
  };
  tick(undefined);
  const full = tick(undefined);
  let part = { ms: Infinity, evaluated: 0 };
  for (let round = 0; round < 5; round++) {
    tick([]);
    tick([]);
    for (const key of changed) {
      const moment = { at: now, sequence: now + 1 };
      reports.set(key, [{ moment, partitions: [0, 1], run: null, changedData: true }]);
    }
    const own = tick(changed);
    if (own.ms < part.ms) part = own;
  }
  return [
    {
      name: `${ASSETS.toLocaleString("en")} eager assets: a tick that evaluates all`,
      unit: "ms",
      value: full.ms,
      note: `${full.evaluated} evaluated`,
    },
    {
      name: `${ASSETS.toLocaleString("en")} eager assets: a tick after ${CHANGED} changed`,
      unit: "ms",
      value: part.ms,
      note: `${part.evaluated} evaluated`,
    },
  ];
}
