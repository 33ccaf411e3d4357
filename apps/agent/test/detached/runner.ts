/**
 * The process of one step attempt of the detached executor. It outlives the agent: events go to a file, raw output to two files, the end
 * to a file that appears complete. Arguments: the folder of the attempt.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { LocationRuntime } from "@headgate/shared/protocol/worker.ts";
import type { DetachedTask } from "./detached-executor.ts";

const [folder = ""] = process.argv.slice(2);
const { job, entry, root, storage } = JSON.parse(readFileSync(join(folder, "task.json"), "utf8")) as DetachedTask;
const scratch = join(folder, "scratch");

function emit(event: StepEvent): void {
  appendFileSync(join(folder, "events.jsonl"), `${JSON.stringify({ at: Date.now(), event })}\n`);
}

function end(result: StepOutcome): void {
  writeFileSync(join(folder, "end.tmp"), JSON.stringify({ at: Date.now(), result }));
  renameSync(join(folder, "end.tmp"), join(folder, "end.json"));
  process.exit();
}

function failed(error: unknown): StepOutcome {
  return {
    outcome: "failed",
    retryable: true,
    failure: { kind: "user_code", message: error instanceof Error ? error.message : String(error) },
  };
}

const abort = new AbortController();
process.on("SIGTERM", () => abort.abort(new Error(readFileSync(join(folder, "cancel"), "utf8"))));
process.on("uncaughtException", (error) => end(failed(error)));
mkdirSync(storage, { recursive: true });
mkdirSync(scratch, { recursive: true });
emit({ type: "step_started", worker: "detached", pid: process.pid });
const { runtime } = (await import(pathToFileURL(entry).href)) as { runtime: LocationRuntime };
end(
  await runtime
    .execute(job, { root, storage, scratch, signal: abort.signal, env: process.env, emit })
    .catch((error: unknown) => failed(error)),
);
