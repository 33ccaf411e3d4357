/** A small code location written by hand: its bundle exports `runtime`, and the unit's name says what a step does. */
import { createHash } from "node:crypto";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";

export interface TestVersion {
  readonly version: string;
  readonly manifest: Manifest;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

export const TEST_BUNDLE = `
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
let uses = 0;
const sleep = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
});
const fail = (message, kind = "user_code") => ({ outcome: "failed", retryable: true, failure: { kind, message } });
const ok = { outcome: "succeeded" };
const units = {
  noop: async (job, host) => { host.emit({ type: "asset_materialized", asset: "a", metadata: { pid: { type: "int", value: process.pid }, uses: { type: "int", value: uses } } }); return ok; },
  chatty: async (job, host) => {
    const lines = job.config?.lines ?? 50;
    for (let i = 1; i <= lines; i++) { host.emit({ type: "log", level: "info", message: "line " + i + " " + "x".repeat(job.config?.width ?? 0) }); if (i % 10 === 0) await sleep(job.config?.pause ?? 5); }
    host.emit({ type: "asset_materialized", asset: "a", metadata: { lines: { type: "int", value: lines } } });
    return ok;
  },
  print: async (job, host) => { process.stdout.write("out of " + job.step + "\\n"); process.stderr.write("err of " + job.step + "\\n"); console.log("x".repeat(job.config?.width ?? 1)); return ok; },
  "print-slowly": async (job, host) => { for (let i = 0; i < 40; i++) { console.log("slow line " + i); await sleep(25); } return ok; },
  wait: async (job, host) => {
    host.emit({ type: "log", level: "info", message: "waiting" });
    try { await sleep(job.config?.ms ?? 60000, host.signal); return ok; }
    catch (reason) { host.emit({ type: "log", level: "info", message: "aborted: " + reason.message }); return { outcome: "canceled" }; }
  },
  stubborn: async (job, host) => { process.on("SIGTERM", () => {}); host.emit({ type: "log", level: "info", message: "busy" }); await sleep(10); const child = spawn("sleep", ["300"], { stdio: "inherit" }); host.emit({ type: "log", level: "info", message: "child " + child.pid }); await sleep(50); for (;;) Math.random(); },
  "tidy-child": async (job, host) => {
    const script = "process.on('SIGINT', () => setTimeout(() => { fs.writeFileSync(process.argv[1], 'tidied'); process.exit(); }, 100)); console.log('up'); setInterval(() => {}, 1000)";
    const child = spawn(process.execPath, ["-e", script, join(host.storage, "note")], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    host.emit({ type: "log", level: "info", message: "child " + child.pid });
    await sleep(60000);
    return ok;
  },
  "stubborn-child": async (job, host) => {
    const script = "process.on('SIGINT', () => console.log('no')); console.log('up'); setInterval(() => {}, 1000)";
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    host.emit({ type: "log", level: "info", message: "child " + child.pid });
    await sleep(60000);
    return ok;
  },
  throws: async () => { throw new Error("escaped"); },
  uncaught: async (job, host) => { setTimeout(() => { throw new Error("nobody caught this"); }, 5); await sleep(60000); return ok; },
  exits: async () => { process.stderr.write("last words\\n"); process.exit(7); },
  oom: async () => { const hold = []; for (;;) { hold.push(new Array(100000).fill(hold.length)); if (hold.length % 50 === 0) await sleep(0); } },
  huge: async (job, host) => { host.emit({ type: "asset_materialized", asset: "a", metadata: { blob: { type: "text", value: "x".repeat(300000) } } }); host.emit({ type: "log", level: "info", message: "after" }); return ok; },
  unserializable: async (job, host) => { host.emit({ type: "asset_materialized", asset: "a", metadata: { big: { type: "int", value: NaN } } }); return ok; },
  "emits-nothing": async (job, host) => { host.emit(null); return ok; },
  "returns-nothing": async () => {},
  "malformed-events": async (job, host) => {
    host.emit({ type: "log" });
    host.emit({ type: "asset_failed", asset: "a", failure: null });
    host.emit({ type: "log", level: "info", message: "still here", fields: { callback: () => 1 } });
    host.emit({});
    return ok;
  },
  "huge-log": async (job, host) => { host.emit({ type: "log", level: "info", message: "y".repeat(400000) }); return ok; },
  env: async (job, host) => { host.emit({ type: "asset_observed", asset: "a", metadata: { names: { type: "json", value: Object.keys(host.env) }, secret: { type: "text", value: "is " + host.env.MY_SECRET } } }); return ok; },
  files: async (job, host) => { writeFileSync(join(host.scratch, "note"), "1"); const data = readFileSync(join(host.root, "data", "numbers.csv"), "utf8"); host.emit({ type: "asset_observed", asset: "a", metadata: { data: { type: "text", value: data }, cwd: { type: "text", value: process.cwd() }, scratch: { type: "path", value: host.scratch } } }); return ok; },
  external: async (job, host) => { const found = await import("some-external"); host.emit({ type: "asset_observed", asset: "a", metadata: { value: { type: "text", value: found.name } } }); return ok; },
};
export const runtime = {
  version: 1,
  index: async () => ({ draft: null, folders: [], errors: [] }),
  execute: async (job, host) => { uses++; return await units[job.unit](job, host); },
  tick: async (frame, host) => {
    if (frame.name === "hangs") await sleep(60000);
    if (frame.name === "throws") throw new Error("sensor broke");
    host.log("info", "looked");
    if (frame.name === "parts") for (const part of [1, 2]) host.checkpoint({ part, cursor: "c" + part, runs: [{ runKey: "k" + part, job: "j", tags: {} }] });
    return { outcome: "evaluated", cursor: "next", runs: [{ runKey: "k1", job: "j", tags: {} }], logs: [] };
  },
};
`;

export function testVersion(
  options: {
    readonly version?: string;
    readonly bundle?: string;
    readonly files?: Readonly<Record<string, string>>;
    readonly entry?: string;
  } = {},
): TestVersion {
  const entry = options.entry ?? "bundle/main.js";
  const contents: Record<string, string> = { [entry]: options.bundle ?? TEST_BUNDLE, "data/numbers.csv": "1,2,3\n", ...options.files };
  const blobs = new Map<string, Buffer>();
  const files = Object.entries(contents).map(([path, text]) => {
    const bytes = Buffer.from(text);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    blobs.set(sha256, bytes);
    return { path, sha256, size: bytes.length };
  });
  const manifest: Manifest = {
    schema: 1,
    location: "main",
    sdk: { version: "0.1.0" },
    runtime: { node: "24" },
    entry,
    files,
    env: [],
    resources: [],
    pools: {},
    assets: [],
    units: [],
    checks: [],
    jobs: [],
    schedules: [],
    sensors: [],
    git: null,
  };
  return { version: options.version ?? "v1", manifest, blobs };
}

export function testJob(unit: string, options: Partial<JobFrame> = {}): JobFrame {
  return {
    t: "job",
    run: "run-1",
    step: unit,
    epoch: 1,
    attempt: 1,
    location: "main",
    version: "v1",
    unit,
    assets: ["a"],
    checks: [],
    partition: null,
    tags: {},
    timeoutSeconds: null,
    job: null,
    ...options,
  };
}

export function testTick(name: string, options: Partial<TickFrame> = {}): TickFrame {
  return {
    t: "tick",
    tick: `tick-${name}`,
    location: "main",
    version: "v1",
    kind: "sensor",
    name,
    cursor: null,
    scheduledFor: 0,
    timeoutSeconds: 10,
    ...options,
  };
}
