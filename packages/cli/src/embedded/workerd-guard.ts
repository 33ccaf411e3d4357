/**
 * A small shell script in front of workerd. It stores the pid of workerd and, on Linux, lets the kernel end workerd when this process
 * dies for any reason. Without it a killed parent leaves a workerd behind that keeps the port and continues to serve.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

export const WORKERD_PID_FILE = "workerd.pid";

/** Null without a shell: Windows itself ends the children of a job object. */
export function writeWorkerdGuard(dataFolder: string): string | null {
  if (process.platform === "win32") return null;
  const file = join(dataFolder, "workerd.sh");
  const prefix = deathSignalPrefix("KILL");
  const script = [
    "#!/bin/sh",
    `echo $$ > ${quote(join(dataFolder, WORKERD_PID_FILE))}`,
    `exec ${[...prefix, workerdBinary()].map(quote).join(" ")} "$@"`,
    "",
  ].join("\n");
  writeFileSync(file, script, { mode: 0o700 });
  chmodSync(file, 0o700);
  return file;
}

/** A command prefix that ends the command with its parent; empty if the system has no such tool. */
export function deathSignalPrefix(signal: "KILL" | "TERM"): readonly string[] {
  if (process.platform !== "linux") return [];
  try {
    execFileSync("setpriv", ["--pdeathsig", signal, "true"], { stdio: "ignore" });
    return ["setpriv", "--pdeathsig", signal];
  } catch {
    return [];
  }
}

/** The workerd that miniflare would start: it is resolved from the folder of miniflare. */
function workerdBinary(): string {
  const fromHere = createRequire(import.meta.url);
  const fromMiniflare = createRequire(fromHere.resolve("miniflare"));
  const workerd = fromMiniflare("workerd") as { readonly default: string };
  return workerd.default;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function withPrefix(prefix: readonly string[], command: readonly string[]): [string, string[]] {
  const [program = process.execPath, ...args]: string[] = [...prefix, ...command];
  return [program, args];
}
