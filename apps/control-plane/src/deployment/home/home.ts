/** The data of the home page: problems, running and recent runs, and the next ticks. */
import type { HomeView, Problem } from "@headgate/shared/contract/home.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { countOf } from "@headgate/shared/domain/partitions/subset.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { checksNotPassed, failedAssets } from "../asset-pages/asset-read-store.ts";
import { lateAssets } from "../assets/freshness-store.ts";
import { listBackfills } from "../backfills/backfill-store.ts";
import { listRuns, type RunListQuery } from "../runs/run-store.ts";
import type { RunRow } from "../runs/tables.ts";
import { readLocations } from "../catalog/version-store.ts";
import { definitionOf, isEnabled } from "../ticks/automation-source.ts";
import { failingAutomations } from "../ticks/automation-store.ts";
import { failingSince, latestTick } from "../ticks/tick-store.ts";
import { assetStatesOf } from "../asset-pages/asset-states.ts";
import { openConflicts } from "../catalog/key-conflicts.ts";
import { type Reader } from "../kernel/reader.ts";
import { runSummary } from "../run-pages/run-views.ts";
import { nextTicks } from "../schedules/next-ticks.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { readWaitContext } from "../queue/waiting.ts";
import { listAgents } from "../run-pages/agent-queries.ts";
import { assetFacts } from "../assets/latest-fact-store.ts";

const MAX_PROBLEMS = 100;
const RECENT_RUNS = 20;

export function readHome(reader: Reader): Result<HomeView> {
  const wait = readWaitContext(reader);
  const runsWith = (query: Partial<RunListQuery>): RunRow[] => listRuns(reader.db, { before: null, limit: RECENT_RUNS, ...query });
  const running = runsWith({ statuses: ["queued", "starting", "running", "canceling"], limit: 50 });
  const recent = runsWith({ statuses: ["succeeded", "failed", "canceled"] });
  const agentsConnected = listAgents(reader).filter((agent) => agent.status === "connected").length;
  const [newest] = runsWith({ limit: 1 });
  return ok({
    problems: problems(reader, { recent, running, agentsConnected }),
    runs: { running: running.map((run) => runSummary(run, wait)), recent: recent.map((run) => runSummary(run, wait)) },
    counts: countAssets(reader),
    lastRunAt: newest?.createdAt ?? null,
    agentsConnected,
    nextTicks: nextTicks(reader),
  });
}

/** Counts the health of assets that this deployment makes; an external asset has no health of its own. */
function countAssets(reader: Reader): HomeView["counts"] {
  const { graph } = catalogOf(reader);
  const keys = graph.keys.filter((_key, node) => graph.isMaterializable(node));
  const counts = { assets: keys.length, healthy: 0, warning: 0, failed: 0, never: 0 };
  for (const state of assetStatesOf(reader, keys)) {
    if (state.health === "healthy") counts.healthy++;
    else if (state.health === "warning") counts.warning++;
    else if (state.health === "failed") counts.failed++;
    if (state.materialized === null && state.observedAt === undefined) counts.never++;
  }
  return counts;
}

interface Known {
  readonly recent: readonly RunRow[];
  readonly running: readonly RunRow[];
  readonly agentsConnected: number;
}

/** Newest first. */
function problems(reader: Reader, known: Known): Problem[] {
  const { graph, checksByAsset } = catalogOf(reader);
  const found: Problem[] = [];
  const failed = failedAssets(reader.db, MAX_PROBLEMS).filter((row) => graph.has(row.asset));
  for (const row of failed)
    found.push({
      kind: "asset_failed",
      subject: row.asset,
      title: `${row.asset} failed`,
      message: row.message,
      since: row.at,
      run: row.run,
    });
  for (const row of checksNotPassed(reader.db, MAX_PROBLEMS)) {
    if (!checksByAsset.get(row.asset)?.some((check) => check.name === row.name)) continue;
    found.push({
      kind: row.severity === "error" ? "check_failed" : "check_warned",
      subject: `${row.asset}:${row.name}`,
      title: `Check ${row.name} of ${row.asset} ${row.severity === "error" ? "failed" : "warned"}`,
      message: row.description ?? "The check did not pass.",
      since: row.at,
      run: row.run === "" ? null : row.run,
    });
  }
  found.push(...overdueAssets(reader));
  for (const location of readLocations(reader.db)) {
    const [error] = location.errors;
    if (error)
      found.push({
        kind: "location_unavailable",
        subject: location.name,
        title: `Code location ${location.name} does not load`,
        message: error.message,
        since: location.erroredAt ?? location.updatedAt,
        run: null,
      });
  }
  for (const { refused, owner, at, error } of openConflicts(reader))
    found.push({
      kind: "location_unavailable",
      subject: refused,
      title: `Code locations ${owner} and ${refused} define the same assets`,
      message: error.message,
      since: at,
      run: null,
    });
  found.push(...failingAutomation(reader));
  found.push(...failedBackfills(reader));
  found.push(...waitingForAgents(known), ...otherFailedRuns(known, new Set(failed.map((row) => row.run))));
  return found.sort((a, b) => b.since - a.since).slice(0, MAX_PROBLEMS);
}

function overdueAssets(reader: Reader): Problem[] {
  const { graph } = catalogOf(reader);
  const late = lateAssets(reader.db, MAX_PROBLEMS).filter((row) => row.state === "overdue" && graph.has(row.asset));
  const facts = assetFacts(
    reader.db,
    late.map((row) => row.asset),
  );
  return late.map(({ asset, since }): Problem => {
    const known = facts.get(asset);
    const at = Math.max(known?.materializedAt ?? 0, known?.observedAt ?? 0);
    const message =
      at === 0
        ? "It was never materialized."
        : `Its last materialization, of ${new Date(at).toISOString()}, is older than its freshness policy allows.`;
    return { kind: "asset_overdue", subject: asset, title: `${asset} is overdue`, message, since, run: null };
  });
}

/** Schedules and sensors that are on and whose last tick failed. */
function failingAutomation(reader: Reader): Problem[] {
  return failingAutomations(reader.db).flatMap((row): Problem[] => {
    const definition = definitionOf(catalogOf(reader), row);
    const tick = definition && isEnabled(reader, definition, row) ? latestTick(reader.db, row, "failed") : null;
    if (!tick) return [];
    const times = row.failures === 1 ? "its last tick" : `its last ${row.failures} ticks`;
    return [
      {
        kind: "automation_failing",
        subject: `${row.location}/${row.kind}/${row.name}`,
        title: `${row.kind === "schedule" ? "Schedule" : "Sensor"} ${row.name} failed in ${times}`,
        message: tick.message ?? "The tick failed.",
        since: failingSince(reader.db, row, row.failures) ?? tick.createdAt,
        run: null,
      },
    ];
  });
}

const RECENT_BACKFILLS = 50;

/** Only the newest backfill of each selection counts. */
function failedBackfills(reader: Reader): Problem[] {
  const seen = new Set<string>();
  const found: Problem[] = [];
  for (const row of listBackfills(reader.db, { statuses: undefined, before: null, limit: RECENT_BACKFILLS })) {
    if (seen.has(row.selection)) continue;
    seen.add(row.selection);
    if (row.status !== "failed") continue;
    const [failed, total] = [countOf(row.failed), row.runsTotal];
    found.push({
      kind: "backfill_failed",
      subject: row.id,
      title: `Backfill ${shortened(row.title)} failed`,
      message: `${failed} of ${total} runs failed${row.error === null ? "" : `: ${row.error}`}`,
      since: row.endedAt ?? row.createdAt,
      run: null,
    });
  }
  return found;
}

function waitingForAgents({ running, agentsConnected }: Known): Problem[] {
  const waiting = running.filter((run) => run.status === "queued");
  const oldest = waiting.at(-1);
  if (agentsConnected > 0 || !oldest) return [];
  const title = waiting.length === 1 ? "A run waits for an agent" : `${waiting.length} runs wait for an agent`;
  return [
    {
      kind: "no_agent",
      subject: oldest.id,
      title,
      message: "No agent is connected. Start one with 'headgate agent'.",
      since: oldest.createdAt,
      run: oldest.id,
    },
  ];
}

/** Jobs and selections whose newest run failed and whose failure no asset shows. */
function otherFailedRuns({ recent }: Known, shown: ReadonlySet<string>): Problem[] {
  const seen = new Set<string>();
  const found: Problem[] = [];
  for (const run of recent) {
    const subject = run.job ?? run.selection;
    if (seen.has(subject)) continue;
    seen.add(subject);
    if (run.status !== "failed" || shown.has(run.id)) continue;
    found.push({
      kind: "run_failed",
      subject: run.id,
      title: `Run of ${subject.slice(0, 100)} failed`,
      message: run.error ?? "The run failed.",
      since: run.endedAt ?? run.createdAt,
      run: run.id,
    });
  }
  return found;
}
