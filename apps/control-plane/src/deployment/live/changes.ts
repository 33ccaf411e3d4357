/** Reads the changed rows of a transaction as views for dashboards; null if there are so many that fetching again is cheaper. */
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { Changed } from "./collect-changes.ts";
import type { RunRow } from "../runs/tables.ts";
import { readRunByNo } from "../runs/run-store.ts";
import { someAssetsOfStep } from "../runs/step-asset-store.ts";
import { readStepAt } from "../runs/step-store.ts";
import { listedTicks } from "../ticks/automation-page-store.ts";
import { automationViews } from "../ticks/automation-views.ts";
import { tickSummaries } from "../ticks/tick-views.ts";
import { assetStatesOf } from "../asset-pages/asset-states.ts";
import { backfillSummaryOf } from "../backfills/backfill-queries.ts";
import { evaluationChange, pauses } from "../conditions/condition-queries.ts";
import { oneLocation } from "../catalog/location-queries.ts";
import { type Reader } from "../kernel/reader.ts";
import { someStepViews } from "../run-pages/run-queries.ts";
import { runSummary, stepAssetView } from "../run-pages/run-views.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { readWaitContext } from "../queue/waiting.ts";
import { oneAgent } from "../run-pages/agent-queries.ts";
import { sourceOfId } from "@headgate/shared/domain/automation-id.ts";

const MAX_CHANGES = 2_000;

export function countChanges(changed: Changed): number {
  let count =
    changed.runs.size +
    changed.assets.size +
    changed.locations.size +
    changed.agents.size +
    changed.agentsGone.size +
    changed.automations.size +
    changed.ticks.size +
    changed.evaluations.size +
    Number(changed.pauses) +
    changed.backfills.size +
    Number(changed.definitions) +
    Number(changed.settings);
  for (const positions of changed.steps.values()) count += positions.size;
  for (const positions of changed.stepAssets.values()) for (const assets of positions.values()) count += assets.size;
  return count;
}

export function readChanges(reader: Reader, changed: Changed): Change[] | null {
  if (countChanges(changed) > MAX_CHANGES) return null;
  const changes: Change[] = [];
  if (changed.definitions) changes.push({ type: "definitions", hash: catalogOf(reader).hash });
  for (const name of changed.locations) {
    const location = oneLocation(reader, name);
    if (location) changes.push({ type: "location", location });
  }
  runChanges(reader, changed, changes);
  if (changed.assets.size > 0) for (const asset of assetStatesOf(reader, [...changed.assets])) changes.push({ type: "asset", asset });
  for (const instance of changed.agents) {
    const agent = oneAgent(reader, instance);
    if (agent) changes.push({ type: "agent", agent });
  }
  for (const no of changed.backfills) changes.push({ type: "backfill", backfill: backfillSummaryOf(reader, no) });
  if (changed.settings) changes.push({ type: "settings" });
  for (const id of changed.evaluations) {
    const evaluation = evaluationChange(reader, id);
    if (evaluation) changes.push({ type: "evaluation", evaluation });
  }
  if (changed.pauses) changes.push({ type: "pauses", pauses: pauses(reader) });
  for (const automation of automationViews(reader, [...changed.automations].map(sourceOfId)))
    changes.push({ type: "automation", automation });
  if (changed.ticks.size > 0) {
    const ticks = [...listedTicks(reader.db, [...changed.ticks]).values()];
    for (const tick of tickSummaries(reader, ticks)) changes.push({ type: "tick", tick });
  }
  for (const instance of changed.agentsGone) changes.push({ type: "agent_gone", instance });
  return changes;
}

function runChanges(reader: Reader, changed: Changed, changes: Change[]): void {
  const rows = new Map<number, RunRow>();
  for (const no of new Set([...changed.runs, ...changed.steps.keys(), ...changed.stepAssets.keys()])) {
    const run = readRunByNo(reader.db, no);
    if (run) rows.set(no, run);
  }
  if (rows.size === 0) return;
  const wait = readWaitContext(reader);
  for (const [no, run] of rows) {
    if (changed.runs.has(no)) changes.push({ type: "run", run: runSummary(run, wait) });
    const positions = changed.steps.get(no);
    if (positions) for (const step of someStepViews(reader, { run, positions: [...positions], wait })) changes.push({ type: "step", step });
    for (const [position, assets] of changed.stepAssets.get(no) ?? []) barChanges(reader, { run, position, assets }, changes);
  }
}

function barChanges(
  reader: Reader,
  at: { readonly run: RunRow; readonly position: number; readonly assets: ReadonlySet<string> },
  changes: Change[],
): void {
  const step = readStepAt(reader.db, at.run.no, at.position);
  if (!step) return;
  for (const row of someAssetsOfStep(reader.db, { runNo: at.run.no, step: at.position, assets: [...at.assets] })) {
    const view = stepAssetView(row, { run: at.run.id, step: step.key });
    if (view) changes.push({ type: "step_asset", asset: view });
  }
}
