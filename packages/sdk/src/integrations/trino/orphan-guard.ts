/**
 * Ends queries whose process was killed. That process cannot do it, so a small process of its own group holds the other end of a
 * pipe; when the pipe closes, it cancels every query that was not reported as over, and ends.
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Endpoint } from "./transport.ts";

/** Ends when nothing was watched for so long, so that idle workers do not keep one each. */
const IDLE_MS = 10_000;

/** Runs as `node -e`: the code of a published location is one bundle, so there is no file to name. */
const SCRIPT = `
const open = new Map();
const lines = require("node:readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { id, watch } = JSON.parse(line);
  if (watch) open.set(id, watch); else open.delete(id);
});
lines.on("close", () => {
  const giveUpAt = Date.now() + 30000;
  const cancel = ({ url, headers, tls }) => {
    const again = () => { if (Date.now() < giveUpAt) setTimeout(cancel, 250, { url, headers, tls }); };
    const module = require(url.startsWith("https:") ? "node:https" : "node:http");
    const request = module.request(url, { method: "DELETE", headers, timeout: 5000, ...tls }, (answer) => {
      answer.resume();
      if ([429, 502, 503, 504].includes(answer.statusCode)) again();
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", again);
    request.end();
  };
  for (const query of open.values()) cancel(query);
});
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("SIGHUP", () => {});
`;

let guard: ChildProcess | undefined;
let idle: NodeJS.Timeout | undefined;
const watched = new Set<string>();

/** From now on the query is cancelled when this process dies. Call it again when the address changes. */
export function watchQuery(id: string, url: string, endpoint: Endpoint): void {
  clearTimeout(idle);
  watched.add(id);
  write({ id, watch: { url, headers: endpoint.headers, tls: endpoint.tls } });
}

/** The query is over. */
export function unwatchQuery(id: string): void {
  if (!watched.delete(id)) return;
  write({ id });
  if (watched.size > 0) return;
  idle = setTimeout(() => {
    guard?.stdin?.end();
    guard = undefined;
  }, IDLE_MS);
  idle.unref();
}

/** Credentials go through the pipe, where `ps` does not show them. */
function write(message: unknown): void {
  guard ??= start();
  guard.stdin?.write(`${JSON.stringify(message)}\n`);
}

function start(): ChildProcess {
  const child = spawn(process.execPath, ["-e", SCRIPT], {
    // Its own group: a signal to the worker's group must not reach it.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: pick(process.env, ["PATH", "LD_LIBRARY_PATH", "NODE_EXTRA_CA_CERTS"]),
    cwd: "/",
  });
  const forget = (): void => {
    if (guard === child) guard = undefined;
  };
  // Without it everything works, except that a query outlives a killed process.
  child.on("error", forget);
  child.on("exit", forget);
  child.stdin.on("error", forget);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}

function pick(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
