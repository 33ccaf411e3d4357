/** Starts the real thing for a test: `headgate dev` on a project, in its own data folder and port, and ends everything it started. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { createTRPCClient, httpLink } from "@trpc/client";
import type { AppRouter } from "@headgate/control-plane/router-type";

export const ROOT = resolve(import.meta.dirname, "../..");
/** The built command: a test runs it a hundred times, and from its sources each start would take twice as long. */
export const CLI = join(ROOT, "packages/cli/dist/headgate.js");

export type Api = ReturnType<typeof createTRPCClient<AppRouter>>;
type JsonEvent = Readonly<Record<string, unknown>> & { readonly event?: string };

export interface Stack {
  readonly url: string;
  readonly loginUrl: string;
  readonly data: string;
  readonly deployment: { readonly org: string; readonly name: string };
  readonly token: string;
  readonly api: Api;
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Pids of the children by what they are. */
  children(): { readonly workerd: number[]; readonly agent: number[]; readonly workers: number[] };
  stop(): Promise<void>;
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `headgate-${name}-`));
}

export async function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}

export function stackEnv(): NodeJS.ProcessEnv {
  const paths = [join(ROOT, ".venv/bin"), join(ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""];
  return { ...process.env, PATH: paths.join(delimiter), NO_COLOR: "1" };
}

export async function startStack(options: {
  readonly project: string;
  readonly data?: string;
  readonly port?: number;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** False: a new code location stays off, as after its first publish. Default: it is switched on, as a user would do. */
  readonly switchOn?: boolean;
}): Promise<Stack> {
  const data = options.data ?? temporaryFolder("data");
  const port = options.port ?? (await freePort());
  const child = spawn(
    process.execPath,
    [CLI, "dev", "--json", "--project", options.project, "--data", data, "--port", String(port), ...(options.args ?? [])],
    {
      cwd: ROOT,
      env: { ...stackEnv(), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ready = await new Promise<JsonEvent>((done, failed) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      text += `${line}\n`;
      const event = parseLine(line);
      if (event?.event === "ready") done(event);
    });
    child.once("exit", (code) => failed(new Error(`headgate dev ended with ${code} before it was ready:\n${text}`)));
  });
  const secrets = JSON.parse(readFileSync(join(data, "secrets.json"), "utf8")) as { apiToken: string };
  const deployment = ready["deployment"] as Stack["deployment"];
  const url = String(ready["url"]);
  const api = openApi(url, deployment, secrets.apiToken);
  if (options.switchOn ?? true) await switchOnNew(api);
  return {
    url,
    loginUrl: String(ready["loginUrl"]),
    data,
    deployment,
    token: secrets.apiToken,
    api,
    process: child,
    output: () => text,
    children: () => classify(child.pid ?? -1),
    stop: () => stopProcess(child),
  };
}

async function switchOnNew(api: Api): Promise<void> {
  for (const { location, state } of await api.switches.list.query()) {
    if (state === "new") await api.switches.set.mutate({ location, on: true });
  }
}

export function openApi(url: string, deployment: { readonly org: string; readonly name: string }, token: string): Api {
  return createTRPCClient<AppRouter>({
    links: [httpLink({ url: `${url}/api/${deployment.org}/${deployment.name}/trpc`, headers: { authorization: `Bearer ${token}` } })],
  });
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(timer);
}

/** Polls, because a test looks from outside: until `check` gives a value or the time is over. */
export async function until<T>(what: string, check: () => Promise<T | null | undefined | false>, timeoutMs = 60_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown = null;
  for (;;) {
    try {
      const value = await check();
      if (value !== null && value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end)
      throw new Error(`${what} did not happen in ${timeoutMs / 1000} s${last === null ? "" : `; last error: ${String(last)}`}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

export function removeFolder(folder: string): void {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function parseLine(line: string): JsonEvent | null {
  try {
    return JSON.parse(line) as JsonEvent;
  } catch {
    return null;
  }
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function processes(): ProcessRow[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]), command }];
    } catch {
      return [];
    }
  });
}

export function descendants(root: number): ProcessRow[] {
  const all = processes();
  const found: ProcessRow[] = [];
  let parents = new Set([root]);
  while (parents.size > 0) {
    const next = all.filter((row) => parents.has(row.parent));
    found.push(...next);
    parents = new Set(next.map((row) => row.pid));
  }
  return found;
}

function classify(root: number): { workerd: number[]; agent: number[]; workers: number[] } {
  const rows = descendants(root);
  const pids = (test: (command: string) => boolean) => rows.filter((row) => test(row.command)).map((row) => row.pid);
  return {
    workerd: pids((command) => /workerd\S* serve/.test(command)),
    agent: pids((command) => /agent(\.js|\/src\/bin\.ts)/.test(command) && !command.includes("worker-main")),
    workers: pids((command) => command.includes("worker-main")),
  };
}
