import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { lockDatabase, type LockRequest } from "../../src/integrations/duckdb/file-lock.ts";

const lines: string[] = [];
const log = { debug: () => {}, info: (line: string) => void lines.push(line), warn: () => {}, warning: () => {}, error: () => {} };

function database(): string {
  const folder = mkdtempSync(join(tmpdir(), "headgate-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  lines.length = 0;
  return join(folder, "lakehouse.duckdb");
}

function request(path: string, options: Partial<LockRequest> = {}): LockRequest {
  return { path, holder: "step silver/mine", owner: "mine", log, signal: new AbortController().signal, ...options };
}

async function holderProcess(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--conditions=headgate-source", fileURLToPath(new URL("hold-lock.mjs", import.meta.url)), path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout) await once(child.stdout, "data");
  return child;
}

test("a second process waits, says for whom, and gets the lock when it is released", { timeout: 20_000 }, async () => {
  const path = database();
  const other = await holderProcess(path);
  const waiting = lockDatabase(request(path));
  await expect.poll(() => lines).toEqual([`waiting for lakehouse.duckdb, held by step gold/other (pid ${other.pid})`]);
  other.stdin?.write("go\n");
  const lock = await waiting;
  lock.release();
  expect(existsSync(`${path}.headgate-lock`)).toBe(false);
});

test("the lock of a killed process is taken over", { timeout: 20_000 }, async () => {
  const path = database();
  const other = await holderProcess(path);
  other.kill("SIGKILL");
  await once(other, "close");
  expect(existsSync(`${path}.headgate-lock`)).toBe(true);
  const lock = await lockDatabase(request(path));
  lock.release();
});

test("of many who find a dead lock, one at a time has it", { timeout: 20_000 }, async () => {
  const path = database();
  const other = await holderProcess(path);
  other.kill("SIGKILL");
  await once(other, "close");
  let holders = 0;
  const turns = Array.from({ length: 20 }, async (_unused, index) => {
    const lock = await lockDatabase(request(path, { owner: `owner ${index}` }));
    holders++;
    expect(holders).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    holders--;
    lock.release();
  });
  await Promise.all(turns);
});

test("waiting ends when the step is canceled", { timeout: 20_000 }, async () => {
  const path = database();
  await holderProcess(path);
  const abort = new AbortController();
  const waiting = lockDatabase(request(path, { signal: abort.signal }));
  await expect.poll(() => lines.length).toBe(1);
  abort.abort(new Error("canceled by ada"));
  await expect(waiting).rejects.toThrow();
});

test("an idle connection of the same step makes room, one of another step does not", async () => {
  const path = database();
  const first = await lockDatabase(request(path, { lend: async () => first.release() }));
  const second = await lockDatabase(request(path, { lend: async () => second.release() }));
  const stranger = lockDatabase(request(path, { owner: "stranger" }));
  await expect.poll(() => lines.length).toBe(1);
  second.release();
  (await stranger).release();
});

test("a lock of another machine is respected", async () => {
  const path = database();
  writeFileSync(`${path}.headgate-lock`, JSON.stringify({ holder: "step a", pid: 1, host: "elsewhere", started: null }));
  const abort = new AbortController();
  const waiting = lockDatabase(request(path, { signal: abort.signal }));
  await expect.poll(() => lines).toEqual(["waiting for lakehouse.duckdb, held by step a (pid 1 on elsewhere)"]);
  abort.abort();
  await expect(waiting).rejects.toThrow();
});
