/** The agent's handle on one worker process: start, load, run one step or evaluation at a time, cancel, end. */
import { fork, type ChildProcess } from "node:child_process";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { TickPart, TickResult } from "@headgate/shared/protocol/tick-result.ts";
import type { FromWorker, ToWorker } from "@headgate/shared/protocol/worker.ts";
import type { AgentTiming } from "../../timing.ts";
import type { OutputStream } from "../../logs/output-stream.ts";
import { endOfOutput } from "./end-of-output.ts";
import { OutputSplitter } from "./output-splitter.ts";
import { endGroup, signalGroup } from "./process-group.ts";
import { startTimeOf } from "./start-time.ts";
import type { Death } from "./worker-death.ts";

/** Receives what a running step reports. */
export interface StepSink {
  readonly onEvent: (event: StepEvent, at: number) => void;
  readonly onOutput: (stream: OutputStream, bytes: Buffer) => void;
}
/** Absolute paths that user code may write to. */
export interface WorkFolders {
  /** Kept between runs. */
  readonly storage: string;
  /** Belongs to one attempt or evaluation and is removed after it. */
  readonly scratch: string;
}
/** A step ends with a result or with the death of its worker. */
export type StepEnd =
  | { readonly end: "done"; readonly at: number; readonly result: StepOutcome }
  | { readonly end: "died"; readonly death: Death };
/** An evaluation ends with a result or with the death of its worker. */
export type TickEnd = { readonly end: "done"; readonly result: TickResult } | { readonly end: "died"; readonly death: Death };

export interface WorkerOptions {
  readonly id: string;
  readonly main: URL;
  readonly entry: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timing: Pick<AgentTiming, "loadTimeoutMs" | "killDelayMs">;
}

const STDERR_TAIL = 4000;
/** A child of the worker may hold a pipe open. What it prints later belongs to no step. */
const OUTPUT_END_MS = 1000;

/** Runs from its creation. It does one thing at a time; the pool sees to that. */
export class WorkerProcess {
  readonly id: string;
  readonly #options: WorkerOptions;
  readonly #child: ChildProcess;
  #uses = 0;
  #stderr = "";
  #onMessage: ((message: FromWorker) => void) | null = null;
  readonly #output: Record<OutputStream, OutputSplitter>;
  readonly #ref: string;
  /** Resolves when the process has ended and its output is read. */
  readonly died: Promise<Death>;
  #dead = false;
  /** The processes that the worker started may get time to end after it. */
  #groupEnded = false;
  #ending = false;
  /** The step waits until the output of the previous step is read. A cancel in that time must not overtake the step. */
  #starting = false;
  #cancelReason: string | null = null;
  #reading: Promise<void> = Promise.resolve();
  /** Empty when the code location is loaded. */
  readonly loaded: Promise<readonly LoadError[]>;

  constructor(options: WorkerOptions) {
    this.id = options.id;
    this.#options = options;
    this.#child = fork(options.main, [], {
      detached: true,
      serialization: "advanced",
      cwd: options.root,
      env: { ...options.env, HEADGATE_WORKER_ID: options.id },
      execArgv: ["--enable-source-maps", `--max-old-space-size=${options.memoryMb}`],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const { pid } = this.#child;
    this.#ref = `${pid ?? 0}:${pid === undefined ? "" : (startTimeOf(pid) ?? "")}`;
    this.#output = { stdout: new OutputSplitter(), stderr: new OutputSplitter() };
    this.#child.stdout?.on("data", (bytes: Buffer) => this.#output.stdout.push(bytes));
    this.#child.stderr?.on("data", (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString("utf8")).slice(-STDERR_TAIL);
      this.#output.stderr.push(bytes);
    });
    this.#child.on("message", (message) => this.#onMessage?.(message as FromWorker));
    this.died = this.#watchDeath();
    this.loaded = this.#load();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Names this process and no later one with the same process id. */
  get ref(): string {
    return this.#ref;
  }

  get uses(): number {
    return this.#uses;
  }

  /** False when it has ended or is about to end. */
  get usable(): boolean {
    return !this.#dead && !this.#ending && this.#child.connected;
  }

  async run(job: JobFrame, folders: WorkFolders, sink: StepSink): Promise<StepEnd> {
    this.#uses++;
    this.#starting = true;
    this.#cancelReason = null;
    // The last bytes of the previous step's output may still be on their way.
    await this.#reading;
    // Only what this step writes can explain its death.
    this.#stderr = "";
    const marker = endOfOutput(job);
    this.#output.stdout.begin(marker, (bytes) => sink.onOutput("stdout", bytes));
    this.#output.stderr.begin(marker, (bytes) => sink.onOutput("stderr", bytes));
    const done = new Promise<StepEnd>((resolve) => {
      this.#onMessage = (message) => {
        if (message.t === "event") sink.onEvent(message.event, message.at);
        else if (message.t === "done") {
          if (message.last === true) this.#ending = true;
          resolve({ end: "done", at: message.at, result: message.result });
        }
      };
    });
    this.#send({ t: "run", job, ...folders });
    this.#starting = false;
    if (this.#cancelReason !== null) this.cancel(this.#cancelReason);
    const end = await Promise.race([done, this.died.then((death): StepEnd => ({ end: "died", death }))]);
    this.#onMessage = null;
    return end;
  }

  /** After a step: resolves when its raw output has been read completely. */
  outputRead(): Promise<void> {
    this.#reading = Promise.all([this.#output.stdout.end(OUTPUT_END_MS), this.#output.stderr.end(OUTPUT_END_MS)]).then(() => {});
    return this.#reading;
  }

  async tick(frame: TickFrame, folders: WorkFolders, onPart: (part: TickPart) => void): Promise<TickEnd> {
    this.#uses++;
    const done = new Promise<TickEnd>((resolve) => {
      this.#onMessage = (message) => {
        if (message.t === "tick_part" && message.tick === frame.tick) return onPart(message.part);
        if (message.t !== "tick_done" || message.tick !== frame.tick) return;
        if (message.last === true) this.#ending = true;
        resolve({ end: "done", result: message.result });
      };
    });
    this.#send({ t: "tick", frame, ...folders });
    const end = await Promise.race([done, this.died.then((death): TickEnd => ({ end: "died", death }))]);
    this.#onMessage = null;
    return end;
  }

  /** Asks user code to stop. */
  cancel(reason: string): void {
    if (this.#starting) this.#cancelReason = reason;
    else this.#send({ t: "cancel", reason });
  }

  /** Ends the whole process group: SIGTERM, later SIGKILL. */
  async terminate(): Promise<void> {
    this.#ending = true;
    // When the worker itself is dead, its process group is already being ended.
    if (!this.#dead) signalGroup(this.pid, "SIGTERM");
    const timer = setTimeout(() => signalGroup(this.pid, "SIGKILL"), this.#options.timing.killDelayMs);
    await this.died;
    clearTimeout(timer);
  }

  /** Also ends what is left of the process group of a worker that is dead itself. */
  kill(): void {
    this.#ending = true;
    if (!this.#groupEnded) signalGroup(this.pid, "SIGKILL");
  }

  #send(message: ToWorker): void {
    // `died` reports a dead child. The callback only keeps the error from being thrown.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  async #load(): Promise<readonly LoadError[]> {
    const { entry, root, timing } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<readonly LoadError[]>((resolve) => {
      this.#onMessage = (message) => {
        if (message.t === "loaded") resolve([]);
        else if (message.t === "load_failed")
          resolve(message.errors.length > 0 ? message.errors : [{ kind: "threw", message: "The code location did not load." }]);
      };
      timer = setTimeout(() => {
        const message = `The code location did not load within ${timing.loadTimeoutMs / 1000} seconds.`;
        resolve([{ kind: "timeout", message, hint: "Do not start work (connections, loops) while the module is imported." }]);
      }, timing.loadTimeoutMs);
    });
    this.#send({ t: "load", entry, root });
    const errors = await Promise.race([answer, this.died.then((death) => crashErrors(death))]);
    clearTimeout(timer);
    this.#onMessage = null;
    if (errors.length > 0) this.kill();
    return errors;
  }

  async #watchDeath(): Promise<Death> {
    // The listener is added first, because `close` may come in the same turn as `exit`.
    const closed = new Promise<void>((resolve) => {
      this.#child.once("close", () => resolve());
    });
    const how = await new Promise<Pick<Death, "code" | "signal">>((resolve) => {
      this.#child.once("exit", (code, signal) => resolve({ code, signal }));
      this.#child.once("error", () => {
        if (this.#child.pid === undefined) resolve({ code: null, signal: null });
      });
    });
    this.#dead = true;
    const byItself = !this.#ending;
    // The processes that the worker started must not outlive it. Their end also closes the pipes.
    await endGroup(this.pid, this.#onMessage === null ? 0 : this.#options.timing.killDelayMs);
    this.#groupEnded = true;
    await within(closed, OUTPUT_END_MS);
    this.#output.stdout.stop();
    this.#output.stderr.stop();
    return { ...how, byItself, stderr: this.#stderr };
  }
}

async function within(event: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([event, late]);
  clearTimeout(timer);
}

function crashErrors(death: Death): readonly LoadError[] {
  const how = death.signal === null ? `exit code ${String(death.code)}` : `signal ${death.signal}`;
  return [
    {
      kind: "crashed",
      message: `The process that loads the code location ended (${how}).`,
      ...(death.stderr !== "" && { stack: death.stderr }),
    },
  ];
}
