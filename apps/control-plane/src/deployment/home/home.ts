/** The data of the home page: problems, running and recent runs, and the next ticks. */
import type { HomeView, Problem } from "@headgate/shared/contract/home.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { countOf } from "@headgate/shared/domain/partitions/subset.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
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
import { assetProblems, MAX_PROBLEMS } from "./asset-problems.ts";

const RECENT_RUNS = 20;

export function readHome(reader: Reader): Result<HomeView> {
  const wait = readWaitContext(reader);
  const runsWith = (query: Partial<RunListQuery>): RunRow[] => listRuns(reader.db, { before: null, limit: RECENT_RUNS, ...query });
  const running = runsWith({ statuses: ["queued", "starting", "running", "canceling"], limit: 50 });
  const recent = runsWith({ statuses: ["succeeded", "failed", "canceled"] });
  const agentsConnected = listAgents(reader).filter((agent) => agent.status === "connected").length;
  const [newest] = runsWith({ limit: 1 });
  const states = ownStates(reader);
  return ok({
    problems: problems(reader, { recent, running, agentsConnected, states }),
    runs: { running: running.map((run) => runSummary(run, wait)), recent: recent.map((run) => runSummary(run, wait)) },
    counts: countAssets(states),
    lastRunAt: newest?.createdAt ?? null,
    agentsConnected,
    nextTicks: nextTicks(reader),
  });
}

/** The states of assets that this deployment makes; an external asset has no health of its own. */
function ownStates(reader: Reader): AssetState[] {
  const { graph } = catalogOf(reader);
  return assetStatesOf(
    reader,
    graph.keys.filter((_key, node) => graph.isMaterializable(node)),
  );
}

function countAssets(states: readonly AssetState[]): HomeView["counts"] {
  const counts = { assets: states.length, healthy: 0, warning: 0, failed: 0, never: 0 };
  for (const state of states) {
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
  readonly states: readonly AssetState[];
}

/** Newest first. */
function problems(reader: Reader, known: Known): Problem[] {
  const { problems: found, shownRuns } = assetProblems(reader, known.states);
  for (const location of readLocations(reader.db)) {
    const [error] = location.errors;
    if (error)
      found.push({
        kind: "location_unavailable",
        subject: location.name,
        title: `Code location ${location.name} does not load`,
        message: error.message,
        since: location.erroredAt ?? location.updatedAt,
        times: 1,
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
      times: 1,
      run: null,
    });
  found.push(...failingAutomation(reader));
  found.push(...failedBackfills(reader));
  found.push(...waitingForAgents(known), ...otherFailedRuns(known, shownRuns));
  return found.sort((a, b) => b.since - a.since).slice(0, MAX_PROBLEMS);
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
        times: row.failures,
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
      title: `Backfill of ${shortened(row.title)}: ${failed} of ${total} failed`,
      message: row.error ?? `${failed} of ${total} runs failed.`,
      since: row.endedAt ?? row.createdAt,
      times: 1,
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
      times: 1,
      run: oldest.id,
    },
  ];
}

/** Jobs and selections whose newest run failed and whose failure no asset shows. */
function otherFailedRuns({ recent }: Known, shown: ReadonlySet<string>): Problem[] {
  const found: Problem[] = [];
  for (const [subject, runs] of Map.groupBy(recent, (run) => run.job ?? run.selection)) {
    const success = runs.findIndex((run) => run.status !== "failed");
    const failed = success < 0 ? runs : runs.slice(0, success);
    const [newest, first] = [failed[0], failed.at(-1)];
    if (!newest || !first || shown.has(newest.id)) continue;
    found.push({
      kind: "run_failed",
      subject: newest.id,
      title: `Run of ${subject.slice(0, 100)} failed`,
      message: newest.error ?? "The run failed.",
      since: first.endedAt ?? first.createdAt,
      times: failed.length,
      run: newest.id,
    });
  }
  return found;
}
