import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTimeOf } from "./start-time.ts";
import { endLeftWorkers, WorkerFiles } from "./worker-files.ts";

let dir: string;
let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "workers-"));
  folder = join(dir, "workers");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

async function startProgram(name: string): Promise<{ readonly pid: number; readonly signal: Promise<NodeJS.Signals | null> }> {
  const path = join(dir, name);
  writeFileSync(path, "console.log('up'); setInterval(() => {}, 1000);");
  const child = spawn(process.execPath, [path], { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const signal = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_code, by) => resolve(by)));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return { pid: child.pid ?? 0, signal };
}

async function survives({ pid, signal }: { readonly pid: number; readonly signal: Promise<NodeJS.Signals | null> }): Promise<boolean> {
  const waited = new Promise((resolve) => setTimeout(() => resolve("alive"), 200));
  return (await Promise.race([signal, waited])) === "alive" && startTimeOf(pid) !== null;
}

describe("worker files", () => {
  it("a worker that is left is ended by its id and start time", async () => {
    const worker = await startProgram("worker-main.mjs");
    new WorkerFiles(folder).add(worker.pid);
    expect(readFileSync(join(folder, String(worker.pid)), "utf8")).toBe(startTimeOf(worker.pid));
    endLeftWorkers(folder);
    expect(await worker.signal).toBe("SIGKILL");
  });

  it("a worker noted by an older release, without start time, is ended", async () => {
    const worker = await startProgram("worker-main.mjs");
    mkdirSync(folder);
    writeFileSync(join(folder, String(worker.pid)), "");
    endLeftWorkers(folder);
    expect(await worker.signal).toBe("SIGKILL");
  });

  it("a later process with the same id is left alone", async () => {
    const later = await startProgram("worker-main.mjs");
    const other = await startProgram("editor.mjs");
    mkdirSync(folder);
    writeFileSync(join(folder, String(later.pid)), "1");
    new WorkerFiles(folder).add(other.pid);
    endLeftWorkers(folder);
    expect(await survives(later)).toBe(true);
    expect(await survives(other)).toBe(true);
  });

  it("a worker that ended has no file", () => {
    const files = new WorkerFiles(folder);
    files.add(process.pid);
    files.remove(process.pid);
    expect(readdirSync(folder)).toEqual([]);
    endLeftWorkers(join(dir, "missing"));
  });
});
