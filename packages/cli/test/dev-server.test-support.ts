/** A real `headgate dev` in a process of its own, observed through its JSON lines. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { REPOSITORY } from "./project.test-support.ts";

export interface DevEvent {
  readonly event: string;
  readonly [key: string]: unknown;
}

export interface DevServer {
  readonly process: ChildProcess;
  readonly url: string;
  readonly data: string;
  readonly stderr: () => string;
  /** The next event of that kind after the last one taken. */
  next(event: string): Promise<DevEvent>;
  readonly exited: Promise<number | null>;
}

export const SOURCE_CLI = [process.execPath, join(REPOSITORY, "packages/cli/src/bin.ts")] as const;

export async function startDev(
  project: string,
  options: { readonly command?: readonly string[]; readonly args?: readonly string[]; readonly stdio?: "ipc" } = {},
): Promise<DevServer> {
  const port = await freePort();
  const [program = process.execPath, ...rest] = options.command ?? SOURCE_CLI;
  const args = [...rest, "dev", "--json", "--port", String(port), ...(options.args ?? [])];
  const child = spawn(program, args, {
    cwd: project,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: options.stdio === "ipc" ? ["ignore", "pipe", "pipe", "ipc"] : ["ignore", "pipe", "pipe"],
  });
  const events: DevEvent[] = [];
  const waiting: { event: string; tell: (event: DevEvent) => void }[] = [];
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = JSON.parse(line) as DevEvent;
      const index = waiting.findIndex((entry) => entry.event === event.event);
      const [waiter] = index >= 0 ? waiting.splice(index, 1) : [];
      if (waiter === undefined) events.push(event);
      else waiter.tell(event);
    });
  }
  // Not `close`: Node does not emit it after this side disconnected the channel.
  const exited = new Promise<number | null>((tell) => child.once("exit", (code) => tell(code)));
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await exited;
  });
  const next = (event: string): Promise<DevEvent> => {
    const index = events.findIndex((entry) => entry.event === event);
    const [known] = index >= 0 ? events.splice(index, 1) : [];
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((tell, fail) => {
      waiting.push({ event, tell });
      void exited.then(async (code) => {
        // Its last lines may still be on their way.
        await new Promise((wake) => setTimeout(wake, 500));
        fail(new Error(`headgate dev ended with ${code ?? "a signal"} before '${event}':\n${stderr}`));
      });
    });
  };
  return { process: child, url: `http://127.0.0.1:${port}`, data: join(project, ".headgate"), stderr: () => stderr, next, exited };
}

export function freePort(): Promise<number> {
  return new Promise((tell) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => tell(port));
    });
  });
}

/** The processes that a data folder's pid files name. */
export function childrenOf(data: string): readonly number[] {
  return ["workerd.pid", "agent/agent.pid"].map((file) => Number(readFileSync(join(data, file), "utf8")));
}

export async function waitUntil(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await holds()) return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`waited in vain: ${what}`);
}
