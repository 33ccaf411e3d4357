/** Runs one dbt command: starts the process, hands on its lines in order, holds database locks while it may write, and stops it politely. */
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { DBT_ONCE } from "../programs/driver.ts";
import { readProjectFiles, type ProjectFiles } from "../graph/fingerprint.ts";
import { parseDbtLine, type DbtLine } from "../report/log-line.ts";
import { keepParseState, parseStateIn, projectParseCache, takeParseState } from "../graph/parse-cache.ts";
import { withoutVars, type ResolvedProject } from "../project.ts";
import { prepareServer, readyServer, warmPlace } from "../warm/warm-pool.ts";
import { withoutFlags } from "./flag-variables.ts";
import { NOT_TAKEN } from "../programs/warm-program.ts";
import type { WarmServer } from "../warm/warm-server.ts";

/** dbt cancels its queries on SIGINT only; on SIGTERM it dies at once and leaves them running. */
const INTERRUPT_GRACE_MS = 25_000;

export interface DbtRunOptions {
  readonly project: ResolvedProject;
  /** `["build", "--select", ...]`. */
  readonly command: readonly string[];
  /** Unique ids of the nodes that all names after `--select` stand for. */
  readonly chosen?: readonly string[] | null | undefined;
  /** Absolute; one per invocation, else `run_results.json` is overwritten by a neighbour. */
  readonly targetPath: string;
  /** Where the driver and its request are written. */
  readonly scratch: string;
  /** Where dbt's parse state is kept from one invocation to the next. */
  readonly parseCache: string;
  /** `adapter`: with the means of dbt's adapter, for databases this package does not know. */
  readonly countRows: boolean | "adapter";
  /**
   * A command of this package, not one that a person wrote: variables such as DBT_FULL_REFRESH and flags of the project such as
   * fail_fast do not change what it does.
   */
  readonly own?: boolean | undefined;
  /** Pairs of a source and the node that makes its table: the node comes first, which dbt does not know. */
  readonly orders?: readonly (readonly [string, string])[] | undefined;
  /** Unique id of a test -> nodes it reads; where one does not exist the test is left out. */
  readonly elsewhere?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Shown beside its queries, where the database can: on Trino. */
  readonly tags?: readonly string[] | undefined;
  /** As they were read just now; absent: they are read for this command; null: it has nothing to do with them. */
  readonly files?: ProjectFiles | null | undefined;
  /** A warm dbt may do it. */
  readonly warm?: boolean | undefined;
  /** Where the parse state goes, to be published. */
  readonly publish?: string | undefined;
  readonly signal: AbortSignal;
  onLine(line: DbtLine): void;
  /** Takes the locks of database files; asked before dbt opens them. Absent: dbt opens none. */
  lock?: ((paths: readonly string[]) => Promise<() => Promise<void>>) | undefined;
  /** Files known beforehand, for a dbt whose profile cannot be asked. */
  readonly locks?: readonly string[] | undefined;
}

export interface DbtExit {
  /** 0 success, 1 a node failed, 2 usage, parse or profile error or interrupted; null when killed. */
  readonly code: number | null;
  readonly interrupted: boolean;
  /** What dbt said went wrong as a whole, e.g. a parse error. */
  readonly error: string | null;
  readonly stderr: string;
}

export async function runDbt(options: DbtRunOptions): Promise<DbtExit> {
  const { project, signal } = options;
  if (signal.aborted) return { code: null, interrupted: true, error: null, stderr: "" };
  // A program that is started in a missing folder is reported as missing itself.
  if (!existsSync(project.dir)) {
    const error = `There is no folder ${project.dir} for dbt to run in. If it is part of the project, publish it with include: [...] in headgate.config.ts.`;
    return { code: null, interrupted: false, error, stderr: "" };
  }
  mkdirSync(options.targetPath, { recursive: true });
  mkdirSync(options.scratch, { recursive: true });
  const early =
    project.program.kind === "command" && options.locks && options.locks.length > 0 ? await options.lock?.(options.locks) : undefined;
  const releases: (() => Promise<void>)[] = early ? [early] : [];
  const files = options.files === undefined ? filesOf(project) : options.files;
  // Were its Jinja to see the folders, dbt would have to read it again where they differ.
  const folders = files && !files.readsConnection ? project.folders : [];
  const parseArgs = (folder: string): readonly string[] => commonArgs(project, { targetPath: folder, logPath: join(folder, "logs") });
  const place = options.warm
    ? warmPlace({ project, command: options.command, files, folders, parseCache: options.parseCache, parseArgs })
    : null;
  try {
    const server = place && readyServer(place);
    if (server) {
      note(options, `dbt runs in a fork of the warm process ${server.pid} (${server.memoryMb ?? "?"} MB)`);
      const exit = await supervise(options, startWarm(options, server), releases);
      if (exit.code !== NOT_TAKEN || signal.aborted) return exit;
      note(options, `the warm dbt process ${server.pid} is gone; dbt runs in a process of its own`);
    }
    takeParseState({
      caches: [options.parseCache, projectParseCache(project)],
      published: files && { dir: project.dir, files: files.hash },
      targetPath: options.targetPath,
    });
    const exit = await supervise(options, start(options, folders), releases);
    // Other variables make dbt parse everything again, and their state would make the next plain invocation do the same.
    if (!options.command.includes("--vars")) keepParseState(options.targetPath, options.parseCache);
    if (place && (exit.code === 0 || exit.code === 1)) prepareServer(place);
    return exit;
  } finally {
    for (const release of releases) await release();
  }
}

function filesOf(project: ResolvedProject): ProjectFiles | null {
  try {
    return readProjectFiles(project);
  } catch {
    return null;
  }
}

function note(options: DbtRunOptions, text: string): void {
  options.onLine({ kind: "message", name: "HeadgateWarm", level: "info", text, uniqueId: null });
}

function start(options: DbtRunOptions, folders: ResolvedProject["folders"]): ChildProcess {
  const { project } = options;
  const spawnOptions: SpawnOptions = { cwd: project.dir, env: project.env, stdio: "pipe" };
  if (project.program.kind === "command") {
    if (options.own) spawnOptions.env = withoutFlags(project.env);
    return spawn(project.program.executable, [...argumentsOf(options), "--log-format", "json", "--log-level", "debug"], spawnOptions);
  }
  const script = join(options.scratch, "driver.py");
  writeFileSync(script, DBT_ONCE);
  return spawn(project.program.python, [script, writeRequest(options, folders)], spawnOptions);
}

function startWarm(options: DbtRunOptions, server: WarmServer): ChildProcess {
  return server.launch({ request: writeRequest(options, []), scratch: options.scratch, env: options.project.env });
}

function writeRequest(options: DbtRunOptions, folders: ResolvedProject["folders"]): string {
  const request = join(options.scratch, "request.json");
  const gate = options.lock === undefined ? null : gateEvent(options.command[0] ?? "");
  const { countRows, chosen = null, tags = [], own = false, orders = [], elsewhere = {} } = options;
  const args = [...argumentsOf(options), "--log-level", "none"];
  const publish = options.publish === undefined ? null : [parseStateIn(options.targetPath), options.publish];
  const keep = [options.project.root, options.project.kept];
  writeFileSync(request, JSON.stringify({ args, chosen, folders, publish, gate, count: countRows, tags, keep, own, orders, elsewhere }));
  return request;
}

function argumentsOf({ project, command, targetPath, scratch }: DbtRunOptions): string[] {
  const args = commonArgs(project, { targetPath, logPath: join(scratch, "logs"), ownVars: command.includes("--vars") });
  // The one command that knows no target folder.
  return [
    ...command,
    ...(command[0] === "deps" ? args.filter((_, at) => args[at] !== "--target-path" && args[at - 1] !== "--target-path") : args),
  ];
}

interface CommonArgs {
  readonly targetPath: string;
  readonly logPath: string;
  /** The command has variables of its own, which contain those of the project. */
  readonly ownVars?: boolean;
}

function commonArgs(project: ResolvedProject, { targetPath, logPath, ownVars = false }: CommonArgs): string[] {
  const folders = [
    // The working folder: dbt writes this path into its parse state, which outlives the folder of one published version.
    "--project-dir",
    ".",
    "--profiles-dir",
    project.profilesDir,
    "--target-path",
    targetPath,
    "--log-path",
    logPath,
  ];
  const profileArgs = ownVars ? withoutVars(project.profileArgs) : project.profileArgs;
  return [...folders, ...profileArgs, "--no-use-colors", "--log-level-file", "none"];
}

/** The last event before a command opens its database: after parsing, where the command has that step. */
function gateEvent(command: string): string {
  return ["build", "run", "test", "seed", "snapshot"].includes(command) ? "FoundStats" : "AdapterRegistered";
}

function supervise(options: DbtRunOptions, child: ChildProcess, releases: (() => Promise<void>)[]): Promise<DbtExit> {
  const { promise, resolve, reject } = Promise.withResolvers<DbtExit>();
  let error: string | null = null;
  let stderr = "";
  let interrupted = false;
  let kill: NodeJS.Timeout | undefined;

  const interrupt = (): void => {
    interrupted = true;
    child.kill("SIGINT");
    kill = setTimeout(() => child.kill("SIGKILL"), INTERRUPT_GRACE_MS);
  };
  options.signal.addEventListener("abort", interrupt, { once: true });

  const openGate = async (paths: readonly string[]): Promise<void> => {
    try {
      const release = await options.lock?.([...new Set([...paths, ...(options.locks ?? [])])]);
      if (release) releases.push(release);
      child.stdin?.write("go\n");
    } catch (reason) {
      if (options.signal.aborted) return;
      error = reason instanceof Error ? reason.message : String(reason);
      child.kill("SIGINT");
    }
  };

  const receive = (text: string): void => {
    const line = parseDbtLine(text);
    if (line.kind === "databases") void openGate(line.paths);
    if (line.kind === "end") error ??= line.error;
    if (line.kind === "message" && line.name === "MainEncounteredError") error ??= line.text;
    options.onLine(line);
  };

  const failed = (reason: unknown): void => {
    options.signal.removeEventListener("abort", interrupt);
    clearTimeout(kill);
    reject(reason instanceof Error ? reason : new Error(String(reason)));
  };
  // A line that cannot be handled (e.g. the event cannot be emitted) must end dbt and the step, not the worker.
  onLines(child, (text) => {
    try {
      receive(text);
    } catch (reason) {
      child.kill("SIGINT");
      failed(reason);
    }
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString("utf8")).slice(-20_000);
    process.stderr.write(chunk);
  });
  // dbt may end before it read "go"; its exit says what happened.
  child.stdin?.on("error", () => undefined);
  child.on("error", failed);
  child.on("close", (code) => {
    options.signal.removeEventListener("abort", interrupt);
    clearTimeout(kill);
    resolve({ code, interrupted, error, stderr });
  });
  return promise;
}

function onLines(child: ChildProcess, receive: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") receive(line);
  });
  child.stdout?.on("end", () => {
    const last = rest + decoder.end();
    if (last.trim() !== "") receive(last);
  });
}
