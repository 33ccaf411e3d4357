/** Control planes and agents of any release as child processes. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort, stackEnv } from "../support/stack.ts";
import { CompatApi, type Address } from "./api.ts";
import type { Programs } from "./release.ts";

export interface ControlPlane extends Address {
  readonly agentToken: string;
  readonly api: CompatApi;
  readonly port: number;
  stop(): Promise<void>;
}

export async function startControlPlane(programs: Programs, data: string): Promise<ControlPlane> {
  const port = await freePort();
  const args = [join(import.meta.dirname, "serve.ts"), data, String(port), programs.worker, programs.migrations];
  const child = spawn(process.execPath, args, { env: stackEnv(), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const address = await new Promise<Address & { readonly agentToken: string }>((ready, failed) => {
    createInterface({ input: child.stdout }).once("line", (line) => ready(JSON.parse(line) as Address & { readonly agentToken: string }));
    child.once("exit", (code) => failed(new Error(`the control plane ended with ${code}:\n${output}`)));
  });
  return { ...address, api: new CompatApi(address), port, stop: () => end(child) };
}

export interface Agent {
  /** Lines of its log. */
  readonly output: () => string;
  stop(): Promise<void>;
}

export function startAgent(
  programs: Programs,
  options: { readonly url: string; readonly token: string; readonly data: string; readonly env?: NodeJS.ProcessEnv },
): Agent {
  mkdirSync(options.data, { recursive: true });
  const args = [programs.agent, "--url", options.url, "--data", options.data, "--exit-on-refusal", "--slots", "8"];
  const env = { ...stackEnv(), HEADGATE_AGENT_TOKEN: options.token, HEADGATE_AGENT_GRACE: "1", HEADGATE_WORKER_ENV: "*", ...options.env };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { output: () => output, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(timer);
}
