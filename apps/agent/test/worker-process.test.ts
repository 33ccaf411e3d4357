/** One worker process, without the agent around it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WorkerProcess } from "../src/executors/process/worker-process.ts";
import { TEST_BUNDLE, testJob } from "./test-location.ts";

/** Longer than any test may take: what waits for its end fails. */
const PATIENCE_MS = 120_000;

let root: string;
let worker: WorkerProcess;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "worker-"));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "main.js"), TEST_BUNDLE);
  worker = new WorkerProcess({
    id: "w1",
    main: new URL("../src/executors/process/worker-main.ts", import.meta.url),
    entry: join(root, "main.js"),
    root,
    env: { PATH: process.env["PATH"] ?? "" },
    memoryMb: 256,
    timing: { loadTimeoutMs: 20_000, killDelayMs: PATIENCE_MS },
  });
  expect(await worker.loaded).toEqual([]);
});
afterEach(async () => {
  worker.kill();
  await worker.terminate();
  rmSync(root, { recursive: true, force: true });
});

it("a cancel during the previous step's output reaches the step", async () => {
  const folders = { storage: join(root, "storage"), scratch: join(root, "scratch") };
  const sink = { onEvent: () => {}, onOutput: () => {} };
  await worker.run(testJob("print"), folders, sink);
  void worker.outputRead();
  const ended = worker.run(testJob("wait", { config: { ms: 5000 } }), folders, sink);
  worker.cancel("asked");
  expect(await ended).toMatchObject({ end: "done", result: { outcome: "canceled" } });
});

it("child processes of a killed worker get time to clean up", async () => {
  const storage = join(root, "storage");
  mkdirSync(storage);
  const ended = worker.run(
    testJob("tidy-child"),
    { storage, scratch: storage },
    {
      // Other events come before the child is up.
      onEvent: ({ type }) => void (type === "log" && process.kill(worker.pid ?? 0, "SIGKILL")),
      onOutput: () => {},
    },
  );
  expect(await ended).toMatchObject({ end: "died", death: { signal: "SIGKILL" } });
  expect(readFileSync(join(storage, "note"), "utf8")).toBe("tidied");
});

it("an ending agent kills stubborn child processes of a dead worker", async () => {
  let child = 0;
  const folders = { storage: join(root, "storage"), scratch: join(root, "scratch") };
  const ended = worker.run(testJob("stubborn-child"), folders, {
    onEvent: (event) => {
      if (event.type !== "log") return;
      child = Number(event.message.split(" ")[1]);
      process.kill(worker.pid ?? 0, "SIGKILL");
    },
    onOutput: () => {},
  });
  await expect.poll(() => worker.usable).toBe(false);
  worker.kill();
  expect(await ended).toMatchObject({ end: "died", death: { signal: "SIGKILL" } });
  await expect.poll(() => isAlive(child)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
