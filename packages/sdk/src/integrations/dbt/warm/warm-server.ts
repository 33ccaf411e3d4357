/** One warm dbt: a server process that read a project once, and the processes it forks for commands. */
import { spawn, type ChildProcess } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DBT_LAUNCHER, DBT_SERVER } from "../programs/warm-program.ts";

const announcement = z.union([
  z.object({ ready: z.object({ pid: z.number(), mb: z.number().nullable(), seconds: z.number(), packages: z.string() }) }),
  z.object({ failed: z.string() }),
]);

export interface WarmServerOptions {
  readonly python: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Arguments of the `parse` that reads the project. */
  readonly parse: readonly string[];
  /** What the parse state does not depend on. */
  readonly folders: readonly (readonly [string, string])[];
  /** Target and log folder of that parse; removed when it is done. */
  readonly folder: string;
  /** Time without a command after which the server ends. */
  readonly idleSeconds: number;
}

export type WarmState = "starting" | "ready" | "ended";

export class WarmServer {
  readonly #process: ChildProcess;
  readonly #python: string;
  #state: WarmState = "starting";
  #reason = "";
  #packages: { readonly folder: string; readonly changed: number } | null = null;
  /** Resident memory after reading the project. */
  memoryMb: number | null = null;
  /** Seconds that reading the project took. */
  seconds: number | null = null;
  uses = 0;
  /** When the project is read, or reading it failed. */
  readonly settled: Promise<WarmState>;
  readonly ended: Promise<void>;

  constructor(options: WarmServerOptions) {
    this.#python = options.python;
    const { parse, folders, folder, idleSeconds } = options;
    this.#process = spawn(options.python, ["-c", DBT_SERVER, JSON.stringify({ parse, folders, folder, idle: idleSeconds })], {
      cwd: options.cwd,
      env: options.env,
      stdio: ["pipe", "pipe", "pipe", "pipe"],
    });
    const settled = Promise.withResolvers<WarmState>();
    const ended = Promise.withResolvers<void>();
    this.settled = settled.promise;
    this.ended = ended.promise;
    let out = "";
    this.#process.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString("utf8");
      for (let end = out.indexOf("\n"); end >= 0; end = out.indexOf("\n")) {
        this.#receive(out.slice(0, end));
        out = out.slice(end + 1);
      }
      if (this.#state !== "starting") settled.resolve(this.#state);
    });
    this.#process.stderr?.on("data", (chunk: Buffer) => void (this.#reason = (this.#reason + chunk.toString("utf8")).slice(-2000)));
    this.#process.stdin?.on("error", () => undefined);
    const control = this.#process.stdio[3];
    control?.on("error", () => undefined);
    const over = (): void => {
      this.#state = "ended";
      settled.resolve("ended");
      ended.resolve();
    };
    this.#process.on("error", over);
    this.#process.on("exit", over);
    // It must not keep a process alive that is done with everything else; it ends when that process does.
    this.#process.unref();
    for (const stream of this.#process.stdio) if (stream && "unref" in stream && typeof stream.unref === "function") stream.unref();
  }

  get state(): WarmState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Why it ended by itself, as far as it said. */
  get reason(): string {
    return this.#reason.trim();
  }

  /** False once another dbt, or another version of its parts, was installed in the same place. */
  get current(): boolean {
    return this.#packages === null || this.#packages.changed === changeTime(this.#packages.folder);
  }

  /** Starts a command; it looks like a dbt of its own, but ends silently with NOT_TAKEN when no server is there to fork it. */
  launch(options: { readonly request: string; readonly scratch: string; readonly env: Readonly<Record<string, string>> }): ChildProcess {
    const script = join(options.scratch, "launcher.py");
    writeFileSync(script, DBT_LAUNCHER);
    const control = this.#process.stdio[3];
    this.uses++;
    return spawn(this.#python, ["-I", "-S", script, options.request], {
      env: options.env,
      stdio: ["pipe", "pipe", "pipe", control && !control.destroyed && this.#state !== "ended" ? control : "ignore"],
    });
  }

  close(): void {
    this.#state = "ended";
    this.#process.stdin?.destroy();
    this.#process.kill("SIGTERM");
  }

  #receive(text: string): void {
    const parsed = announcement.safeParse(readJson(text));
    // dbt's parse may print, which does not matter here.
    if (!parsed.success) return;
    if ("failed" in parsed.data) {
      this.#reason = parsed.data.failed;
      this.close();
      return;
    }
    const { mb, seconds, packages } = parsed.data.ready;
    this.memoryMb = mb;
    this.seconds = seconds;
    this.#packages = { folder: packages, changed: changeTime(packages) };
    if (this.#state === "starting") this.#state = "ready";
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function changeTime(folder: string): number {
  try {
    return statSync(folder).mtimeMs;
  } catch {
    return 0;
  }
}
