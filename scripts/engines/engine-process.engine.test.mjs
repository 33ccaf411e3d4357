/** Servers of the tests end, whatever happened to the process that started them. With a small server in the engine's place. */
import { execFileSync, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { freePort, startProcess } from "./engine-process.mjs";

const SERVER = "require('node:http').createServer((_, answer) => answer.end('up')).listen(Number(process.argv[1]), '127.0.0.1')";

function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "headgate-engine-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function optionsOf(dataDir, port, code = SERVER) {
  return {
    name: "the server",
    command: process.execPath,
    args: ["-e", code, String(port), dataDir],
    dataDir,
    isReady: async () => (await fetch(`http://127.0.0.1:${port}`)).ok,
  };
}

function isAlive(pid) {
  try {
    // A killed child of a killed parent may stay as a zombie where no process waits for it.
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .startsWith("Z");
  } catch {
    return false;
  }
}

async function untilGone(pid) {
  while (isAlive(pid)) await sleep(20);
}

test("a server is up after its start and gone after its stop", async () => {
  const dataDir = temporaryFolder();
  const port = await freePort();
  const server = await startProcess(optionsOf(dataDir, port));
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("up");
  expect(readFileSync(join(dataDir, "server.pid"), "utf8")).toBe(String(server.pid));
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test("the server of a killed start is ended by the next start", async () => {
  const dataDir = temporaryFolder();
  const port = await freePort();
  const script = join(dataDir, "start.mjs");
  const from = new URL("engine-process.mjs", import.meta.url).href;
  const options = `{ ...${JSON.stringify({ ...optionsOf(dataDir, port), isReady: undefined })}, isReady: async () => (await fetch("http://127.0.0.1:${port}")).ok }`;
  writeFileSync(script, `import { startProcess } from ${JSON.stringify(from)}; process.send((await startProcess(${options})).pid);`);
  const starter = fork(script);
  const orphan = await new Promise((resolve) => {
    starter.once("message", resolve);
  });
  starter.kill("SIGKILL");
  expect(isAlive(orphan)).toBe(true);
  const server = await startProcess(optionsOf(dataDir, port));
  await untilGone(orphan);
  expect(server.pid).not.toBe(orphan);
  await server.stop();
});

test("a pid that belongs to another program by now is left alone", async () => {
  const dataDir = temporaryFolder();
  writeFileSync(join(dataDir, "server.pid"), String(process.pid));
  const server = await startProcess(optionsOf(dataDir, await freePort()));
  await server.stop();
  expect(isAlive(process.pid)).toBe(true);
});

test("a server that ends or never answers is a one-line error", async () => {
  const dataDir = temporaryFolder();
  const port = await freePort();
  await expect(startProcess(optionsOf(dataDir, port, "console.error('Error: no such catalog'); process.exit(3)"))).rejects.toThrow(
    "the server did not start, it ended with exit code 3; its last words: Error: no such catalog",
  );
  const thrown =
    "console.error('Failed to load catalog\\n\\tat io.trino.util.Executors.executeUntilFailure(Executors.java:46)'); process.exit(100)";
  await expect(startProcess(optionsOf(dataDir, port, thrown))).rejects.toThrow("its last words: Failed to load catalog");
  const silent = optionsOf(dataDir, port, "setInterval(() => {}, 1000)");
  await expect(startProcess({ ...silent, timeoutMs: 300 })).rejects.toThrow("the server did not start within 0.3 seconds");
  await expect(startProcess({ ...silent, command: join(dataDir, "nothing") })).rejects.toThrow("ENOENT");
});
