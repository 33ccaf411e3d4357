/** Queries about runs. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { EventRow, RunDetail, RunSummary, StepAssetView, StepView } from "@headgate/shared/contract/runs/run-views.ts";
import type { LaunchPreview } from "@headgate/shared/contract/runs/launch.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import type { RawLogFile } from "@headgate/shared/contract/runs/runs.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { AppError, ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { resolveLaunch } from "../runs/launch/resolve-target.ts";
import type { RunRow, StepRow } from "../runs/tables.ts";
import { readEvents } from "../kernel/events/event-store.ts";
import { logFilesOf } from "../runs/log-store.ts";
import { childrenOf, listRuns, readRun, readRunByNo } from "../runs/run-store.ts";
import { assetsOfRun } from "../runs/step-asset-store.ts";
import { depsOf, depsOfRun, stepsAt, stepsOfRun } from "../runs/step-store.ts";
import { readVersion } from "../catalog/version-store.ts";
import { runSummary, stepAssetView, stepView } from "./run-views.ts";
import { numberOfCursor } from "../kernel/page-cursor.ts";
import { type Reader } from "../kernel/reader.ts";
import { type WaitContext, readWaitContext } from "../queue/waiting.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

export function unknownRun(id: string): Result<never> {
  return refuse("not_found", `There is no run ${id} in this deployment.`, { run: id });
}

export function listRunsQuery(reader: Reader, input: InputOf<"runs.list">): Result<Page<RunSummary>> {
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const { automation, ...filter } = input.filter;
  const source = automation && automationId(automation);
  const rows = listRuns(reader.db, { ...filter, source, before: before.value, limit: input.limit + 1 });
  const page = rows.slice(0, input.limit);
  const context = readWaitContext(reader);
  const last = page.at(-1);
  return ok({ items: page.map((row) => runSummary(row, context)), next: rows.length > input.limit && last ? String(last.no) : null });
}

/** A run that is known to exist. */
export function summaryOf(reader: Reader, no: number): RunSummary {
  const row = readRunByNo(reader.db, no);
  if (!row) throw new AppError("internal", `Run number ${no} vanished while it was answered.`);
  return runSummary(row, readWaitContext(reader));
}

export function runDetail(reader: Reader, id: string): Result<RunDetail> {
  const run = readRun(reader.db, id);
  if (!run) return unknownRun(id);
  const steps = stepsOfRun(reader.db, run.no);
  return ok({
    run: runSummary(run, readWaitContext(reader)),
    steps: stepViews(reader, run, steps),
    stepAssets: stepAssetViews(run, steps, assetsOfRun(reader.db, run.no)),
    failure: run.failure,
    failedStep: run.failedStep,
    config: run.config === null ? null : (JSON.parse(run.config) as unknown),
    versions: Object.entries(run.versions).map(([location, version]) => ({
      location,
      version,
      number: readVersion(reader.db, version)?.number ?? 0,
    })),
    children: childrenOf(reader.db, id),
  });
}

function stepViews(reader: Reader, run: RunRow, steps: readonly StepRow[]): StepView[] {
  const keys = new Map(steps.map((step) => [step.position, step.key]));
  const deps = Map.groupBy(depsOfRun(reader.db, run.no), (edge) => edge.after);
  const wait = readWaitContext(reader);
  return steps.map((step) =>
    stepView(step, { run, wait, deps: (deps.get(step.position) ?? []).map((edge) => keys.get(edge.before) ?? "") }),
  );
}

/** Some steps of a run, for live changes. */
export function someStepViews(
  reader: Reader,
  of: { readonly run: RunRow; readonly positions: readonly number[]; readonly wait: WaitContext },
): StepView[] {
  const { run, wait } = of;
  return stepsAt(reader.db, run.no, of.positions).map((step) =>
    stepView(step, { run, wait, deps: depsOf(reader.db, run.no, step.position) }),
  );
}

function stepAssetViews(run: RunRow, steps: readonly StepRow[], rows: ReturnType<typeof assetsOfRun>): StepAssetView[] {
  const keys = new Map(steps.map((step) => [step.position, step.key]));
  return rows.map((row) => stepAssetView(row, { run: run.id, step: keys.get(row.step) ?? "" })).filter((view) => view !== null);
}

export function runEvents(
  reader: Reader,
  input: InputOf<"runs.events">,
): Result<{ readonly events: readonly EventRow[]; readonly lastSeq: number; readonly done: boolean }> {
  const run = readRun(reader.db, input.run);
  if (!run) return unknownRun(input.run);
  const { events, complete } = readEvents(reader.db, {
    runNo: run.no,
    after: input.after,
    limit: input.limit,
    step: input.step,
    types: input.types,
    minLevel: input.minLevel,
  });
  // With a filter, the last matching event may be far before the last event; the next call skips the events between them.
  const lastSeq = complete ? Math.max(run.lastSeq, input.after) : (events.at(-1)?.seq ?? input.after);
  return ok({ events, lastSeq, done: complete && isTerminalRun(run.status) });
}

export function runLogFiles(reader: Reader, id: string): Result<readonly RawLogFile[]> {
  const run = readRun(reader.db, id);
  return run ? ok(logFilesOf(reader.db, run.no)) : unknownRun(id);
}

export function previewLaunch(reader: Reader, input: InputOf<"runs.preview">): Result<LaunchPreview> {
  const resolved = resolveLaunch(reader, input.target);
  if (!resolved.ok) return resolved;
  const { plan, partition, partitioned, external } = resolved.value;
  const selected = new Set(resolved.value.assets);
  const extra = plan.steps.flatMap((step) => step.assets).filter((key) => !selected.has(key));
  return ok({
    selection: resolved.value.selection,
    assets: plan.steps.flatMap((step) => step.assets.map((key) => ({ key, partition: step.partition }))),
    steps: plan.steps.length,
    checks: plan.steps.reduce((sum, step) => sum + step.checks.length, 0),
    partition,
    partitioned,
    external,
    warnings:
      extra.length > 0
        ? [
            `${extra.slice(0, 5).join(", ")}${extra.length > 5 ? ` and ${extra.length - 5} more` : ""} will run too: their unit cannot be split.`,
          ]
        : [],
  });
}
