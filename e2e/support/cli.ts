/** Runs one `headgate` command as a person would, and keeps what the person sees. */
import { spawn } from "node:child_process";
import { CLI, stackEnv, type Stack } from "./stack.ts";

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Documents of `--json`, one a line. */
  readonly json: readonly Readonly<Record<string, unknown>>[];
}

export function headgate(
  args: readonly string[],
  options: { readonly stack?: Stack; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<CliResult> {
  const { stack } = options;
  const connection = stack === undefined ? {} : { HEADGATE_URL: stack.url, HEADGATE_TOKEN: stack.token };
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      env: { ...stackEnv(), ...connection, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", failed);
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
    child.once("close", (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr, json: args.includes("--json") ? documents(stdout) : [] });
    });
  });
}

function documents(text: string): Readonly<Record<string, unknown>>[] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
}
