/** Loads a bundle in a child process with a time and a memory limit, and returns what it defines or why it does not load. */
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { IndexResult } from "@headgate/shared/protocol/worker.ts";
import { BUNDLE_FILE, type Bundle } from "./bundle.ts";
import type { IndexAnswer, IndexRequest } from "./index-protocol.ts";
import { completeProblem } from "./problems.ts";

export interface IndexOptions {
  readonly root: string;
  /** An empty folder below the project. */
  readonly folder: string;
  /** The storage folder of the location, if the agent is on this machine. */
  readonly storage?: string | undefined;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly env: NodeJS.ProcessEnv;
}

export const INDEX_TIMEOUT_MS = 60_000;
export const INDEX_MEMORY_MB = 2048;
const MAX_OUTPUT = 20_000;

export async function indexBundle(bundle: Bundle, options: IndexOptions): Promise<IndexResult> {
  const { root, folder } = options;
  const file = join(folder, BUNDLE_FILE);
  writeFileSync(file, bundle.code);
  writeFileSync(`${file}.map`, absoluteMap(bundle.map, root));
  const scratch = join(folder, "scratch");
  mkdirSync(scratch);
  const answer = await askChild({ bundle: file, root, scratch, storage: options.storage }, options);
  const folders = { root, bundleFolder: folder };
  if (answer.t === "failed") return { draft: null, folders: [], errors: [completeProblem(answer.problem, folders)] };
  return { ...answer.result, errors: answer.result.errors.map((problem) => completeProblem(problem, folders)) };
}

/** The published source map is relative to the project root. The child loads the bundle from another folder, so its map is absolute. */
function absoluteMap(map: string, root: string): string {
  return JSON.stringify({ ...(JSON.parse(map) as object), sourceRoot: `${root}/` });
}

const CHILD = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./index-child.ts" : "./index-child.js", import.meta.url));

function askChild(request: IndexRequest, options: IndexOptions): Promise<IndexAnswer> {
  return new Promise((settle) => {
    // It has its own process group: user code may start programs (dbt), and all of them must end with it.
    const child = fork(CHILD, [], {
      cwd: options.root,
      env: options.env,
      detached: true,
      execArgv: ["--enable-source-maps", `--max-old-space-size=${options.memoryMb}`, "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
    });
    let output = "";
    let answer: IndexAnswer | null = null;
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-MAX_OUTPUT);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const kill = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const onExit = (): void => kill();
    process.once("exit", onExit);
    const timer = setTimeout(() => {
      answer = { t: "failed", problem: timedOut(options.timeoutMs, output) };
      kill();
    }, options.timeoutMs);
    child.on("message", (message: IndexAnswer) => {
      answer ??= message;
    });
    child.on("error", (error) => {
      answer ??= {
        t: "failed",
        problem: { kind: "crashed", message: `The process that loads the code could not start: ${error.message}` },
      };
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      process.removeListener("exit", onExit);
      // This also ends what user code left running.
      kill();
      settle(answer ?? { t: "failed", problem: crashed({ code, signal, output, memoryMb: options.memoryMb }) });
    });
    child.send(request, (error) => {
      if (error) kill();
    });
  });
}

function timedOut(timeoutMs: number, output: string): LoadError {
  return {
    kind: "timeout",
    message: `Loading took longer than ${timeoutMs / 1000} seconds and was stopped.`,
    hint: "Connect and read inside assets and resources, not while modules load. If a large dbt project needs more time, raise indexTimeout of the code location in headgate.config.ts.",
    ...(output.trim() !== "" && { stack: `output before the stop:\n${output.trim()}` }),
  };
}

function crashed(end: { code: number | null; signal: NodeJS.Signals | null; output: string; memoryMb: number }): LoadError {
  const outOfMemory = end.code === 134 || end.output.includes("heap out of memory");
  const how = end.signal === null ? `with exit code ${end.code ?? "unknown"}` : `by the signal ${end.signal}`;
  return {
    kind: "crashed",
    message: outOfMemory
      ? `Loading needed more than ${end.memoryMb} MB of memory.`
      : `The process that loads the code ended ${how} before it reported what the code defines.`,
    hint: outOfMemory
      ? "Load large data inside assets, not while modules load."
      : "Code that runs while modules load must not call process.exit().",
    ...(end.output.trim() !== "" && { stack: end.output.trim() }),
  };
}
