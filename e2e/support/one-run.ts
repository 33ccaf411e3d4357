/** `headgate dev --once --json`: does the main job to its end and gives the events it printed. */
import { spawn } from "node:child_process";
import { CLI, ROOT, stackEnv } from "./stack.ts";

export interface OnceAsset {
  readonly asset: string;
  readonly status: string;
  readonly rows: number | null;
  readonly checks: { readonly passed: number; readonly warned: number; readonly failed: number };
}
export interface OnceReport {
  readonly code: number | null;
  readonly output: string;
  readonly published: { readonly ok: boolean; readonly counts: Readonly<Record<string, number>> } | undefined;
  readonly run: { readonly id: string; readonly status: string; readonly materialized: number; readonly assetCount: number } | undefined;
  readonly assets: readonly OnceAsset[];
}

export async function devOnce(options: { readonly project: string; readonly data: string; readonly port: number }): Promise<OnceReport> {
  const child = spawn(
    process.execPath,
    [CLI, "dev", "--once", "--json", "--project", options.project, "--data", options.data, "--port", String(options.port)],
    {
      cwd: ROOT,
      env: stackEnv(),
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((ended) => child.once("close", ended));
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const report = events.find((event) => event["event"] === "run");
  return {
    code,
    output: stdout + stderr,
    published: events.find((event) => event["event"] === "published") as OnceReport["published"],
    run: report?.["run"] as OnceReport["run"],
    assets: (report?.["assets"] ?? []) as readonly OnceAsset[],
  };
}
