/** `headgate doctor`: everything headgate needs, one line each: ok, warn or fail, and what to do. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { call, openApi } from "../client/api.ts";
import { resolveConnection, type Connection } from "../client/connection.ts";
import { findBuiltArtifacts } from "../embedded/built-artifacts.ts";
import type { CommandContext } from "../command-context.ts";
import { loadProject } from "../project/project.ts";
import { EXIT, type ExitCode } from "../terminal/exit-code.ts";
import { durationText } from "../terminal/format.ts";
import type { ConnectFlags } from "./connect.ts";

export interface DoctorFlags extends ConnectFlags {
  readonly project: string;
  readonly port: number;
}

export interface Finding {
  readonly check: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly remedy?: string | undefined;
}

const run = promisify(execFile);
const MAX_SKEW_MS = 5000;

export async function doctor(flags: DoctorFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const findings: Finding[] = [];
  const project = resolve(context.cwd, flags.project);
  const checks: readonly (() => Promise<readonly Finding[]>)[] = [
    async () => [checkNode()],
    async () => [checkBuild()],
    () => checkProject(project),
    () => checkPython(project, context.env),
    () => checkControlPlane(flags, context),
  ];
  for (const check of checks) {
    for (const finding of await check()) {
      findings.push(finding);
      show(finding, context);
    }
  }
  terminal.printJson({ findings });
  return findings.some((finding) => finding.status === "fail") ? EXIT.failed : EXIT.ok;
}

function show({ check, status, message, remedy }: Finding, { terminal: { colors, print } }: CommandContext): void {
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red }[status];
  print(`${paint(status.padEnd(4))}  ${check.padEnd(14)} ${message}`);
  if (remedy !== undefined) print(`${" ".repeat(21)}-> ${remedy}`);
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const good = major > 22 || (major === 22 && minor >= 22);
  if (good) return { check: "node", status: "ok", message: process.versions.node };
  return {
    check: "node",
    status: "fail",
    message: `${process.versions.node} is too old`,
    remedy: "Install Node.js 22.22 or newer (24 is recommended).",
  };
}

function checkBuild(): Finding {
  try {
    findBuiltArtifacts();
    return { check: "headgate", status: "ok", message: "control plane, dashboard and agent are complete" };
  } catch (error) {
    return { check: "headgate", status: "fail", message: error instanceof Error ? error.message : String(error) };
  }
}

async function checkProject(folder: string): Promise<readonly Finding[]> {
  try {
    const { root, locations } = await loadProject(folder);
    return [{ check: "project", status: "ok", message: `${root}: ${locations.map((location) => location.name).join(", ")}` }];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ check: "project", status: "warn", message: error.message }];
  }
}

/** Python and dbt are needed only by projects that use them, so their absence is no failure. */
async function checkPython(project: string, env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const path = [...ancestors(project).map((folder) => join(folder, ".venv", "bin")), env["PATH"] ?? ""].join(delimiter);
  const ask = async (program: string): Promise<string | null> => {
    try {
      const { stdout, stderr } = await run(program, ["--version"], { env: { ...env, PATH: path }, timeout: 30_000 });
      return `${stdout}\n${stderr}`.trim();
    } catch {
      return null;
    }
  };
  const python = (await ask("python3")) ?? (await ask("python"));
  const dbt = await ask("dbt");
  const core = /installed:\s*(\S+)/.exec(dbt ?? "")?.[1];
  return [
    python === null
      ? {
          check: "python",
          status: "warn",
          message: "not found",
          remedy: "Only needed for dbt and Python assets: install Python 3.10 or newer.",
        }
      : { check: "python", status: "ok", message: python.replace("Python ", "") },
    dbt === null
      ? {
          check: "dbt",
          status: "warn",
          message: "not found",
          remedy: "Only needed for dbt projects: python3 -m venv .venv && .venv/bin/pip install 'dbt-core<1.12' dbt-duckdb.",
        }
      : { check: "dbt", status: "ok", message: core === undefined ? (dbt.split("\n", 1)[0] ?? "") : `dbt-core ${core}` },
  ];
}

function ancestors(folder: string): readonly string[] {
  const folders: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".venv", "bin"))) folders.push(at);
    if (dirname(at) === at) return folders;
  }
}

async function checkControlPlane(flags: DoctorFlags, context: CommandContext): Promise<readonly Finding[]> {
  let connection: Connection;
  try {
    connection = await resolveConnection(flags, { env: context.env, cwd: context.cwd });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (flags.url !== undefined || context.env["HEADGATE_URL"]) return [{ check: "control plane", status: "fail", message: error.message }];
    return [
      { check: "control plane", status: "warn", message: "no embedded server is running here", remedy: "Start one with `headgate dev`." },
      await checkPort(flags.port),
    ];
  }
  const reached = await checkReachable(connection, context.now);
  return reached.some((finding) => finding.status === "fail") ? reached : [...reached, ...(await checkToken(connection))];
}

function checkPort(port: number): Promise<Finding> {
  return new Promise((tell) => {
    const probe = createServer();
    probe.once("error", () =>
      tell({ check: "port", status: "warn", message: `${port} is in use`, remedy: "Stop the other program, or start with --port." }),
    );
    probe.listen({ host: "127.0.0.1", port, exclusive: true }, () =>
      probe.close(() => tell({ check: "port", status: "ok", message: `${port} is free` })),
    );
  });
}

async function checkReachable({ url }: Connection, now: () => number): Promise<readonly Finding[]> {
  const before = now();
  let response: Response;
  try {
    response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) });
  } catch {
    return [
      {
        check: "control plane",
        status: "fail",
        message: `${url} cannot be reached`,
        remedy: "Is the address right, is it running, does a proxy or firewall stand between?",
      },
    ];
  }
  const took = now() - before;
  if (!response.ok)
    return [
      {
        check: "control plane",
        status: "fail",
        message: `${url} answers with status ${response.status}`,
        remedy: "Is this a Headgate control plane?",
      },
    ];
  const body = (await response.json().catch(() => ({}))) as { readonly version?: string };
  const reached: Finding = {
    check: "control plane",
    status: "ok",
    message: `${url} version ${body.version ?? "unknown"}, answered in ${durationText(took)}`,
  };
  return [reached, ...clockFinding(response.headers.get("date"), before + took / 2)];
}

/** The header has a resolution of one second; only a difference that matters for schedules and tokens is told. */
function clockFinding(date: string | null, at: number): readonly Finding[] {
  if (date === null || Number.isNaN(Date.parse(date))) return [];
  const skew = Math.abs(Date.parse(date) + 500 - at);
  if (skew <= MAX_SKEW_MS) return [{ check: "clock", status: "ok", message: "agrees with the control plane's" }];
  return [
    {
      check: "clock",
      status: "warn",
      message: `differs from the control plane's by ${durationText(skew)}`,
      remedy: "Synchronize this machine's clock (NTP).",
    },
  ];
}

async function checkToken(connection: Connection): Promise<readonly Finding[]> {
  const api = openApi(connection);
  const name = `${connection.deployment.org}/${connection.deployment.name}`;
  try {
    const [agents, locations] = await Promise.all([
      call(connection, api.agents.list.query()),
      call(connection, api.locations.list.query()),
    ]);
    const connected = agents.filter((agent) => agent.status === "connected");
    const broken = locations.filter((location) => location.status !== "loaded");
    return [
      { check: "token", status: "ok", message: `good for ${name}` },
      connected.length === 0
        ? {
            check: "agent",
            status: "fail",
            message: "no agent is connected: runs will wait",
            remedy: "Start one with `headgate agent --url ... --token ...`.",
          }
        : {
            check: "agent",
            status: "ok",
            message: `${plural(connected.length, "agent")} connected: ${connected.map((agent) => `${agent.hostname} (${plural(agent.slots, "slot")})`).join(", ")}`,
          },
      broken.length === 0
        ? { check: "code locations", status: "ok", message: plural(locations.length, "code location") }
        : {
            check: "code locations",
            status: "fail",
            message: `unavailable: ${broken.map((location) => location.name).join(", ")}`,
            remedy: "`headgate location list` shows why.",
          },
    ];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [
      {
        check: "token",
        status: "fail",
        message: error.message,
        remedy: "Make a token in the dashboard under settings and set HEADGATE_TOKEN.",
      },
    ];
  }
}
