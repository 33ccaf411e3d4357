/** Follows the files of one detached attempt, from their beginning. */
import { closeSync, existsSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Execution, ExecutionEnd, ExecutionSink } from "../../src/executors/executor.ts";
import { signalGroup } from "../../src/executors/process/process-group.ts";
import { isSameProcess, pidOf } from "./process-ref.ts";

const LOOK_MS = 15;

export interface DetachedExecutionOptions {
  readonly folder: string;
  /** Of a process that runs or ran already. */
  readonly ref: string | null;
  readonly launch: (() => Promise<string>) | null;
  readonly sink: ExecutionSink;
  readonly now: () => number;
}

export class DetachedExecution implements Execution {
  readonly #options: DetachedExecutionOptions;
  #ref: string | null;
  #canceled: string | null = null;
  #position = 0;
  #left = false;
  readonly #files: Record<"events" | "stdout" | "stderr", FileTail>;
  readonly ended: Promise<ExecutionEnd>;
  readonly outputEnded: Promise<void>;

  constructor(options: DetachedExecutionOptions) {
    this.#options = options;
    this.#ref = options.ref;
    const tail = (name: string): FileTail => new FileTail(join(options.folder, name));
    this.#files = { events: tail("events.jsonl"), stdout: tail("stdout"), stderr: tail("stderr") };
    this.ended = this.#follow().catch((error: unknown) => this.#failed(error instanceof Error ? error.message : String(error)));
    this.outputEnded = this.ended.then(() => this.#readOutput());
  }

  cancel(reason: string): void {
    this.#canceled ??= reason;
    if (this.#ref === null || !isSameProcess(this.#ref)) return;
    writeFileSync(join(this.#options.folder, "cancel"), reason);
    process.kill(pidOf(this.#ref), "SIGTERM");
  }

  terminate(): void {
    this.#canceled ??= "";
    if (this.#ref !== null && isSameProcess(this.#ref)) signalGroup(pidOf(this.#ref), "SIGKILL");
  }

  /** The agent adopts it later, so it reports it as well. */
  leave(): boolean {
    return false;
  }

  /** The agent ends and the attempt goes on. */
  letGo(): void {
    this.#left = true;
  }

  async #follow(): Promise<ExecutionEnd> {
    const { launch, sink } = this.#options;
    // A cancel that comes before the process exists must find nothing to cancel.
    await sleep(0);
    if (this.#ref === null && this.#canceled !== null) return { at: this.#options.now(), result: { outcome: "canceled" } };
    if (launch !== null) {
      const ref = await launch();
      this.#ref = ref;
      if (this.#canceled !== null) {
        this.terminate();
        return { at: this.#options.now(), result: { outcome: "canceled" } };
      }
    }
    const ref = this.#ref ?? "";
    sink.onRunning(ref);
    for (;;) {
      // Looked at before the files: what a process wrote before its end is in them.
      const alive = isSameProcess(ref);
      this.#readEvents();
      this.#readOutput();
      const end = this.#end();
      if (end !== null) {
        this.#readEvents();
        return end;
      }
      if (!alive) return this.#failed("The detached process ended without a result.");
      await sleep(LOOK_MS, undefined, { ref: false });
      if (this.#left) await new Promise(() => {});
    }
  }

  #readEvents(): void {
    for (const line of this.#files.events.lines()) {
      const { at, event } = JSON.parse(line) as { at: number; event: StepEvent };
      this.#options.sink.onEvent({ position: ++this.#position, at, event });
    }
  }

  #readOutput(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const bytes = this.#files[stream].bytes();
      if (bytes.length > 0) this.#options.sink.onOutput(stream, bytes);
    }
  }

  #end(): ExecutionEnd | null {
    const path = join(this.#options.folder, "end.json");
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as ExecutionEnd) : null;
  }

  #failed(message: string): ExecutionEnd {
    const result: StepOutcome = { outcome: "failed", retryable: true, failure: { kind: "worker_died", message } };
    return { at: this.#options.now(), result };
  }
}

/** What was appended to a file since the last look. */
class FileTail {
  readonly #path: string;
  #offset = 0;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  bytes(): Buffer {
    if (!existsSync(this.#path)) return Buffer.alloc(0);
    const fd = openSync(this.#path, "r");
    const parts: Buffer[] = [];
    for (;;) {
      const part = Buffer.alloc(64 * 1024);
      const read = readSync(fd, part, { position: this.#offset });
      if (read === 0) break;
      this.#offset += read;
      parts.push(part.subarray(0, read));
    }
    closeSync(fd);
    return Buffer.concat(parts);
  }

  lines(): string[] {
    const lines = (this.#rest + this.bytes().toString("utf8")).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}
