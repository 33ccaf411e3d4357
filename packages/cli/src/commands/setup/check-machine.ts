/** What `headgate doctor` checks on this machine: Node, the installation, the project, Python and dbt. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { findBuiltArtifacts } from "../../embedded/built-artifacts.ts";
import { loadProject } from "../../project/project.ts";
import type { Finding } from "./finding.ts";

const run = promisify(execFile);

export function checkNode(): Finding {
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

export function checkBuild(): Finding {
  try {
    findBuiltArtifacts();
    return { check: "headgate", status: "ok", message: "control plane, dashboard and agent are complete" };
  } catch (error) {
    return { check: "headgate", status: "fail", message: error instanceof Error ? error.message : String(error) };
  }
}

export async function checkProject(folder: string): Promise<readonly Finding[]> {
  try {
    const { root, locations } = await loadProject(folder);
    return [{ check: "project", status: "ok", message: `${root}: ${locations.map((location) => location.name).join(", ")}` }];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ check: "project", status: "warn", message: error.message }];
  }
}

/** Only some projects need Python and dbt, so a missing one is a warning. */
export async function checkPython(project: string, env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
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
