/** The control plane on this machine: the same Worker as on Cloudflare, run by workerd, with its state in a folder. */
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { BuiltArtifacts } from "./built-artifacts.ts";
import { applyD1Migrations } from "./d1-migrations.ts";
import type { DataFolder } from "./data-folder.ts";
import { type FrontDoor, listenInFront } from "./front-door.ts";
import { endStaleChild } from "./stale-children.ts";
import { WORKERD_PID_FILE, writeWorkerdGuard } from "./workerd-guard.ts";

/** Local Durable Object data is stored in a folder of this name, so it must never change. */
const WORKER_NAME = "headgate";
const COMPATIBILITY_DATE = "2026-10-01";
const WORKER_FIRST = ["/api/*", "/agent/*", "/login/*", "/hooks/*", "/healthz", "/_app/*"];
const SWEEP_MS = 5 * 60_000;
const MIGRATION_ATTEMPTS = 5;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly data: DataFolder;
  readonly artifacts: BuiltArtifacts;
  /** Called with each line that the Worker and the runtime write. */
  readonly onLog: (level: "debug" | "info" | "warn" | "error", line: string) => void;
  /** workerd died and was restarted; all sockets were closed. */
  readonly onRestart: () => void;
}

export interface EmbeddedServer {
  /** As clients on this machine reach it, without a trailing slash. */
  readonly url: string;
  close(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<EmbeddedServer> {
  const { host, port, data, artifacts } = options;
  await endStaleChild(join(data.path, WORKERD_PID_FILE), "workerd");
  const front = await listen(host, port);
  const innerPort = await freePort();
  const guard = writeWorkerdGuard(data.path);
  if (guard !== null) process.env["MINIFLARE_WORKERD_PATH"] = guard;

  const foreignHooks = listenersOf();
  const miniflare = new Miniflare(miniflareOptions(options, innerPort));
  try {
    await miniflare.ready;
    // The hooks of Miniflare end the process at once, and the agent would not be stopped.
    removeHooksExcept(foreignHooks);
    await migrate(miniflare, artifacts.migrations);
    front.open(innerPort);
  } catch (error) {
    removeHooksExcept(foreignHooks);
    await front.close();
    await miniflare.dispose().catch(() => undefined);
    throw startFailure(error);
  }
  const sweep = setInterval(() => {
    runSweep(miniflare).catch((error: unknown) =>
      options.onLog("warn", `the five-minute sweep failed: ${error instanceof Error ? error.message : String(error)}`),
    );
  }, SWEEP_MS);
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return {
    url: `http://${shown.includes(":") ? `[${shown}]` : shown}:${port}`,
    close: async () => {
      clearInterval(sweep);
      await front.close();
      await miniflare.dispose();
    },
  };
}

/** Miniflare restarts a runtime that crashes, but the call through it is lost ("fetch failed"). */
async function migrate(miniflare: Miniflare, folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await applyD1Migrations(await miniflare.getD1Database("DB"), folder);
      return;
    } catch (error) {
      if (attempt === MIGRATION_ATTEMPTS || error instanceof AppError) throw error;
      await new Promise((wake) => setTimeout(wake, 500));
    }
  }
}

function miniflareOptions({ data, artifacts, onLog, onRestart }: ServerOptions, port: number): MiniflareOptions {
  return {
    host: "127.0.0.1",
    port,
    cf: false,
    logRequests: false,
    telemetry: { enabled: false },
    enableDevRegistry: false,
    resourcePersistencePath: data.stateDir,
    log: new LineLog(onLog),
    handleStructuredLogs: ({ level, message }) => onLog(levelOf(level), message),
    unsafeHandleRuntimeRestart: onRestart,
    workers: [
      {
        config: {
          name: WORKER_NAME,
          compatibilityDate: COMPATIBILITY_DATE,
          compatibilityFlags: ["nodejs_compat", "enable_request_signal"],
          manifest: {
            mainModule: "index.js",
            modulesRoot: "/",
            modules: { "index.js": { type: "esm", contents: readFileSync(artifacts.worker, "utf8") } },
          },
          env: {
            DB: { type: "d1", id: "00000000-0000-0000-0000-000000000001" },
            BUCKET: { type: "r2", name: "headgate" },
            DEPLOYMENT: { type: "durable-object", worker: WORKER_NAME, exportName: "Deployment" },
            ASSETS: { type: "assets" },
            BOOTSTRAP_SECRET: { type: "text", value: data.secrets.bootstrapSecret },
            PUBLIC_URL: { type: "text", value: "" },
          },
          exports: { Deployment: { type: "durable-object", storage: "sqlite" } },
          assets: {
            directory: artifacts.web,
            hasUserWorker: true,
            notFoundHandling: "single-page-application",
            runWorkerFirst: WORKER_FIRST,
          },
        },
      },
    ],
  };
}

class LineLog extends Log {
  readonly #write: ServerOptions["onLog"];

  constructor(write: ServerOptions["onLog"]) {
    super(LogLevel.WARN);
    this.#write = write;
  }

  override logWithLevel(level: LogLevel, message: string): void {
    if (level <= LogLevel.NONE || level > LogLevel.WARN) return;
    this.#write(level === LogLevel.ERROR ? "error" : "warn", message);
  }
}

function levelOf(level: string): "debug" | "info" | "warn" | "error" {
  if (level === "error" || level === "warn" || level === "debug") return level;
  return "info";
}

/** Cron Triggers do not fire on their own outside Cloudflare. */
async function runSweep(miniflare: Miniflare): Promise<void> {
  const worker = await miniflare.getWorker();
  await worker.scheduled({ cron: "*/5 * * * *" });
}

function listenersOf(): ReadonlyMap<string, readonly unknown[]> {
  return new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
}

function removeHooksExcept(kept: ReadonlyMap<string, readonly unknown[]>): void {
  for (const signal of SIGNALS) {
    for (const listener of process.listeners(signal))
      if (kept.get(signal)?.includes(listener) !== true) process.removeListener(signal, listener);
  }
}

async function listen(host: string, port: number): Promise<FrontDoor> {
  try {
    return await listenInFront(host, port);
  } catch (error) {
    throw portProblem((error as NodeJS.ErrnoException).code, host, port) ?? error;
  }
}

/** The runtime keeps its port when it restarts, so it is chosen here. */
function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen({ host: "127.0.0.1", port: 0, exclusive: true }, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => found(port));
    });
  });
}

function portProblem(code: string | undefined, host: string, port: number): AppError | null {
  switch (code) {
    case "EADDRINUSE":
      return new AppError("invalid_input", `Port ${port} on ${host} is in use by another program. Choose another one with --port.`);
    case "EACCES":
      return new AppError("invalid_input", `No permission to listen on port ${port}. Choose one above 1023 with --port.`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new AppError("invalid_input", `This machine has no address ${host} to listen on. Correct --host.`);
    default:
      return null;
  }
}

function startFailure(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError("unavailable", `The control plane did not start: ${reason}`, { cause: error });
}
