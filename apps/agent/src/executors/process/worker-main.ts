/**
 * The process that runs user code: it loads one code location version, then runs steps and evaluations one at a time. It starts in a
 * few milliseconds and keeps the bundle loaded, so it imports nothing but Node. It ends with its agent, so no orphan survives.
 */
import { mkdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import type { FromWorker, LocationRuntime, ToWorker } from "@headgate/shared/protocol/worker.ts";
import { endOfOutput } from "./end-of-output.ts";
import { failureOf, loadErrorOf } from "./worker-failure.ts";

const RUNTIME_VERSION = 1;
const LAST_MESSAGE_MS = 2000;
const OUTCOMES: ReadonlySet<string | undefined> = new Set(["succeeded", "failed", "canceled"] satisfies StepOutcome["outcome"][]);

// Read at the start, because user code may replace these.
const writeOut = process.stdout.write.bind(process.stdout);
const writeErr = process.stderr.write.bind(process.stderr);
const exit = process.exit.bind(process);
const workerId = process.env["HEADGATE_WORKER_ID"] ?? "worker";

let runtime: LocationRuntime | null = null;
let root = "";
let current: { readonly abort: AbortController; readonly fail: (error: unknown) => Promise<void> } | null = null;

function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });
}

process.on("message", (message: ToWorker) => {
  switch (message.t) {
    case "load":
      return void load(message.entry, message.root);
    case "run":
      return void run(message.job, message);
    case "tick":
      return void tick(message.frame, message);
    case "cancel":
      return current?.abort.abort(new Error(message.reason));
  }
});

async function load(entry: string, folder: string): Promise<void> {
  root = folder;
  try {
    const module = (await import(pathToFileURL(entry).href)) as { runtime?: LocationRuntime };
    if (module.runtime === undefined) {
      await send({
        t: "load_failed",
        errors: [
          {
            kind: "project",
            message: `${entry} does not export 'runtime'.`,
            hint: "Publish the code location again with the present CLI.",
          },
        ],
      });
      return;
    }
    const version: number = module.runtime.version;
    if (version !== RUNTIME_VERSION) {
      const message = `The code location was built for runtime ${version}, but this agent runs ${RUNTIME_VERSION}.`;
      await send({
        t: "load_failed",
        errors: [{ kind: "project", message, hint: "Publish it again, or install the agent of the same release." }],
      });
      return;
    }
    runtime = module.runtime;
    await send({ t: "loaded" });
  } catch (error) {
    await send({ t: "load_failed", errors: [loadErrorOf(error)] });
  }
}

/** An event that cannot be cloned (functions, symbols) is reported as JSON would have it. If that fails too, `emit` throws. */
function emit(event: StepEvent): void {
  if (!isObject(event)) throw new TypeError(`emit() got ${JSON.stringify(event)} instead of an event.`);
  try {
    process.send?.({ t: "event", at: Date.now(), event } satisfies FromWorker, undefined, undefined, () => {});
  } catch {
    process.send?.(
      { t: "event", at: Date.now(), event: JSON.parse(JSON.stringify(event)) as StepEvent } satisfies FromWorker,
      undefined,
      undefined,
      () => {},
    );
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

interface Folders {
  readonly storage: string;
  readonly scratch: string;
}

async function run(job: JobFrame, { storage, scratch }: Folders): Promise<void> {
  const abort = new AbortController();
  let over = false;
  const finish = async (result: StepOutcome, last = false): Promise<void> => {
    if (over) return;
    over = true;
    current = null;
    await send({ t: "done", at: Date.now(), result, last });
    const marker = endOfOutput(job);
    writeOut(marker);
    writeErr(marker);
  };
  current = { abort, fail: (error) => finish({ outcome: "failed", failure: failureOf(error, "user_code"), retryable: true }, true) };
  void send({ t: "event", at: Date.now(), event: { type: "step_started", worker: workerId, pid: process.pid } });
  try {
    if (runtime === null) throw new Error("The code location is not loaded.");
    mkdirSync(storage, { recursive: true });
    mkdirSync(scratch, { recursive: true });
    const result = await runtime.execute(job, {
      root,
      storage,
      scratch,
      signal: abort.signal,
      env: process.env,
      emit: (event) => {
        if (!over) emit(event);
      },
    });
    if (!OUTCOMES.has((result as StepOutcome | undefined)?.outcome)) throw new Error("it returned no outcome");
    await finish(result);
  } catch (error) {
    await finish({
      outcome: "failed",
      failure: failureOf(error, "internal", "The runtime of the code location failed: "),
      retryable: true,
    });
  }
}

async function tick(frame: TickFrame, { storage, scratch }: Folders): Promise<void> {
  const abort = new AbortController();
  const fail = (error: unknown, last: boolean): Promise<void> => {
    current = null;
    const { message, stack } = failureOf(error, "user_code");
    return send({ t: "tick_done", tick: frame.tick, result: { outcome: "failed", message, ...(stack !== undefined && { stack }) }, last });
  };
  current = { abort, fail: (error) => fail(error, true) };
  try {
    if (runtime === null) throw new Error("The code location is not loaded.");
    mkdirSync(storage, { recursive: true });
    mkdirSync(scratch, { recursive: true });
    const logs: { level: string; message: string; at: number }[] = [];
    const result = await runtime.tick(frame, {
      root,
      storage,
      scratch,
      signal: abort.signal,
      env: process.env,
      log: (level, message) => logs.push({ level, message, at: Date.now() }),
      checkpoint: (part) => void send({ t: "tick_part", tick: frame.tick, part }),
    });
    current = null;
    await send({
      t: "tick_done",
      tick: frame.tick,
      result: { ...result, logs: [...logs, ...(result.logs ?? [])] },
    });
  } catch (error) {
    await fail(error, false);
  }
}

/** An uncaught error leaves the process in an unknown state, so it ends the step and the worker. */
async function crash(error: unknown): Promise<void> {
  writeErr(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  setTimeout(() => exit(1), LAST_MESSAGE_MS).unref();
  await current?.fail(error);
  exit(1);
}
process.on("uncaughtException", (error) => void crash(error));
process.on("unhandledRejection", (error) => void crash(error));

// SIGINT is for children such as dbt, which cancel their queries on it. The agent terminates this process.
process.on("SIGINT", () => {});

process.on("disconnect", () => {
  current?.abort.abort(new Error("The agent is gone."));
  setTimeout(
    () => {
      // The whole group, with dbt and other children.
      process.kill(-process.pid, "SIGKILL");
    },
    current === null ? 0 : LAST_MESSAGE_MS,
  );
});
