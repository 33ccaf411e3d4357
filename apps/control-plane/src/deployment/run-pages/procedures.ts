/** Procedures about runs, the queue with its limits, and agents. */
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";
import type { Reader } from "../kernel/reader.ts";
import { changeSettings } from "../queue/change-settings.ts";
import { readSettings } from "../queue/settings-store.ts";
import { cancelRun } from "../runs/execute/cancel-run.ts";
import { launch } from "../runs/launch/launch.ts";
import { reexecuteRun } from "../runs/launch/reexecute-run.ts";
import { listAgents } from "./agent-queries.ts";
import { queueQuery } from "./queue-queries.ts";
import { listRunsQuery, previewLaunch, runDetail, runEvents, runLogFiles, summaryOf } from "./run-queries.ts";

export const runProcedures: ProceduresOf<"runs"> = {
  "runs.list": listRunsQuery,
  "runs.get": (reader, { run }) => runDetail(reader, run),
  "runs.events": runEvents,
  "runs.logFiles": (reader, { run }) => runLogFiles(reader, run),
  "runs.preview": previewLaunch,
  "runs.launch": (tx, input, actor) => summaryAfter(launch(tx, input, actor)),
  "runs.reexecute": (tx, input, actor) => summaryAfter(reexecuteRun(tx, input, actor)),
  "runs.cancel": (tx, { run, reason }, actor) => summaryAfter(cancelRun(tx, { run, by: actor.name, reason })),
};

export const queueProcedures: ProceduresOf<"queue"> = { "queue.get": queueQuery };

export const settingsProcedures: ProceduresOf<"settings"> = {
  "settings.get": (reader) => ok(readSettings(reader.db)),
  "settings.update"(tx, changes) {
    const settings = changeSettings(tx, changes);
    return ok(() => settings);
  },
};

export const agentProcedures: ProceduresOf<"agents"> = { "agents.list": (reader) => ok(listAgents(reader)) };

/** `changed`: the number of the run. */
function summaryAfter(changed: Result<number>) {
  return changed.ok ? ok((reader: Reader) => summaryOf(reader, changed.value)) : changed;
}
