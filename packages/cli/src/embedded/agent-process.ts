/** The embedded agent: a child process that is restarted after growing waits when it dies, and that ends with this process. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { endStaleChild } from "./stale-children.ts";
import { deathSignalPrefix, withPrefix } from "./workerd-guard.ts";

export interface AgentOptions {
  /** The agent's main module. */
  readonly main: string;
  readonly url: string;
  readonly token: string;
  /** Further secrets of the server, which code on this machine could read and print. */
  readonly hidden: readonly string[];
  readonly dataDir: string;
  readonly logFile: string;
  readonly slots: number | null;
  /** node_modules folder with the packages that bundles do not contain. */
  readonly modules: string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  /** Warnings and errors of the agent, and its own restarts. */
  readonly onNotice: (level: "warn" | "error", line: string) => void;
  /** The agent ended in a way that a restart cannot fix. */
  readonly onLost: (line: string) => void;
}

export interface AgentProcess {
  /** Asks the agent to finish. If it takes too long, it is killed with all its workers. */
  stop(): Promise<void>;
  /** Kills it at once. */
  kill(): void;
}

const TOKEN_FILE = "agent-token";
const HIDE_FILE = "hidden-values";
const GRACE_SECONDS = 5;
const KILL_AFTER_MS = (GRACE_SECONDS + 12) * 1000;
/** Only one agent restarts here, so its waits need no jitter. */
const RESTART_WAIT = { firstMs: 250, maxMs: 30_000, leastShare: 1 };
/** An agent that ran this long was healthy, so the next restart comes soon again. */
const HEALTHY_MS = 30_000;
/** Exit codes after which a restart cannot help. */
const FINAL_EXITS: Readonly<Record<number, string>> = {
  2: "its configuration is wrong",
  3: "its token was refused",
  4: "its version was refused",
};

export async function startAgent(options: AgentOptions): Promise<AgentProcess> {
  mkdirSync(options.dataDir, { recursive: true });
  // Every process of this user can read the environment of another one.
  writeFileSync(join(options.dataDir, TOKEN_FILE), options.token, { mode: 0o600 });
  writeFileSync(join(options.dataDir, HIDE_FILE), options.hidden.map((value) => `${value}\n`).join(""), { mode: 0o600 });
  const pidFile = join(options.dataDir, "agent.pid");
  await endStaleChild(pidFile, options.main);
  const log = createWriteStream(options.logFile, { flags: "a", mode: 0o600 });
  const prefix = deathSignalPrefix("TERM");
  let child: ChildProcess | null = null;
  let stopping = false;
  let restarts = 0;
  let restart: NodeJS.Timeout | null = null;

  const start = (): void => {
    const startedAt = options.now();
    const [command, args] = withPrefix(prefix, [process.execPath, "--enable-source-maps", options.main, "--exit-on-refusal"]);
    // It has its own process group, so that Ctrl-C reaches it only through this process, which stops things in order.
    const started = spawn(command, args, { env: agentEnv(options), detached: true, stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    if (started.pid !== undefined) writeFileSync(pidFile, String(started.pid));
    createInterface({ input: started.stdout }).on("line", (line) => {
      log.write(`${line}\n`);
      const notice = noticeOf(line);
      if (notice !== null) options.onNotice(notice.level, notice.message);
    });
    createInterface({ input: started.stderr }).on("line", (line) => {
      log.write(`${line}\n`);
      if (!stopping) options.onNotice("error", line);
    });
    started.on("error", (error) => options.onNotice("error", `the agent could not start: ${error.message}`));
    started.on("close", (code, signal) => {
      child = null;
      rmSync(pidFile, { force: true });
      if (stopping) return;
      const final = code === null ? undefined : FINAL_EXITS[code];
      if (final !== undefined) return options.onLost(`the agent stopped for good: ${final}; see ${options.logFile}`);
      if (options.now() - startedAt > HEALTHY_MS) restarts = 0;
      const wait = backoffMs(restarts++, 0, RESTART_WAIT);
      options.onNotice("warn", `the agent ended (${signal ?? `exit code ${code ?? "unknown"}`}) and is restarted in ${wait / 1000} s`);
      restart = setTimeout(start, wait);
    });
  };
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child?.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      child.kill(signal);
    }
  };
  const kill = (): void => {
    stopping = true;
    if (restart !== null) clearTimeout(restart);
    signalGroup("SIGKILL");
  };
  process.once("exit", kill);
  start();
  return {
    kill,
    stop: async () => {
      stopping = true;
      if (restart !== null) clearTimeout(restart);
      const running = child;
      if (running !== null) {
        const ended = new Promise((resolve) => running.once("close", resolve));
        running.kill("SIGTERM");
        const timer = setTimeout(() => signalGroup("SIGKILL"), KILL_AFTER_MS);
        await ended;
        clearTimeout(timer);
      }
      process.removeListener("exit", kill);
      log.end();
    },
  };
}

function agentEnv(options: AgentOptions): NodeJS.ProcessEnv {
  const { MINIFLARE_WORKERD_PATH: _guard, HEADGATE_AGENT_TOKEN: _other, ...inherited } = options.env;
  return {
    ...inherited,
    HEADGATE_URL: options.url,
    HEADGATE_AGENT_TOKEN_FILE: join(options.dataDir, TOKEN_FILE),
    HEADGATE_HIDE_FILE: join(options.dataDir, HIDE_FILE),
    // The server runs on this machine, also when it listens on another address.
    HEADGATE_INSECURE: "1",
    HEADGATE_AGENT_DATA: options.dataDir,
    HEADGATE_AGENT_GRACE: String(GRACE_SECONDS),
    // On a developer's machine the code may see the environment of the developer's shell.
    HEADGATE_WORKER_ENV: inherited["HEADGATE_WORKER_ENV"] ?? "*",
    ...(options.slots !== null && { HEADGATE_AGENT_SLOTS: String(options.slots) }),
    ...(options.modules !== null && { HEADGATE_MODULES: options.modules }),
  };
}

function noticeOf(line: string): { readonly level: "warn" | "error"; readonly message: string } | null {
  try {
    const { level, message } = JSON.parse(line) as { readonly level?: string; readonly message?: string };
    return (level === "warn" || level === "error") && typeof message === "string" ? { level, message } : null;
  } catch {
    return null;
  }
}
