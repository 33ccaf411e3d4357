import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findDataFolder, openDataFolder, readRunning, readSecrets } from "../src/embedded/data-folder.ts";
import { temporaryFolder } from "./project.test-support.ts";

test("a data folder that is open is refused with the pid of its process", () => {
  const folder = join(temporaryFolder(), "data");
  const first = openDataFolder(folder);
  expect(() => openDataFolder(folder)).toThrow(new RegExp(`used by another headgate \\(process ${process.pid}\\)`));
  first.close();
  openDataFolder(folder).close();
});

test("the lock of a process that has ended is taken over", () => {
  const folder = join(temporaryFolder(), "data");
  openDataFolder(folder).close();
  const gone = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
  writeFileSync(join(folder, "lock.json"), JSON.stringify({ pid: gone, started: null }));
  const opened = openDataFolder(folder);
  expect(JSON.parse(readFileSync(join(folder, "lock.json"), "utf8"))).toMatchObject({ pid: process.pid });
  opened.close();
});

test.runIf(process.platform === "linux")("a lock whose process id now belongs to another process is taken over", async () => {
  const folder = join(temporaryFolder(), "data");
  openDataFolder(folder).close();
  const other = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
  onTestFinished(() => void other.kill("SIGKILL"));
  await new Promise((started) => other.once("spawn", started));
  writeFileSync(join(folder, "lock.json"), JSON.stringify({ pid: other.pid, started: "1" }));
  openDataFolder(folder).close();
});

test("an empty lock file does not lock the data folder forever", () => {
  const folder = join(temporaryFolder(), "data");
  openDataFolder(folder).close();
  writeFileSync(join(folder, "lock.json"), "");
  openDataFolder(folder).close();
});

/** Six processes that open the folder at the same moment. Each stays until it is killed. */
async function openAtOnce(folder: string): Promise<string[]> {
  const module = new URL("../src/embedded/data-folder.ts", import.meta.url).href;
  const script = `import { openDataFolder } from ${JSON.stringify(module)};
    console.log("ready");
    process.stdin.once("data", () => { try { openDataFolder(${JSON.stringify(folder)}); console.log("won"); } catch (error) { console.log(error.code); } });`;
  const openers = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] }),
  );
  const answersOf = () =>
    openers.map(({ stdout }) => new Promise<string>((answer) => stdout.once("data", (data: Buffer) => answer(data.toString().trim()))));
  try {
    await Promise.all(answersOf());
    const answers = answersOf();
    for (const { stdin } of openers) stdin.write("go\n");
    return await Promise.all(answers);
  } finally {
    for (const opener of openers) opener.kill("SIGKILL");
  }
}

test("exactly one of many processes that open the folder at once wins", { timeout: 60_000 }, async () => {
  for (let round = 0; round < 10; round++) {
    const folder = join(temporaryFolder(), "data");
    openDataFolder(folder).close();
    writeFileSync(join(folder, "lock.json"), JSON.stringify({ pid: 2 ** 22 - 3, started: "1" }));
    expect((await openAtOnce(folder)).toSorted()).toEqual(["conflict", "conflict", "conflict", "conflict", "conflict", "won"]);
  }
});

test("secrets are created once, kept, and readable only by their owner", () => {
  const folder = join(temporaryFolder(), "data");
  const first = openDataFolder(folder);
  first.saveSecrets({ ...first.secrets, apiToken: "a", agentToken: "b" });
  first.close();
  expect(first.secrets.bootstrapSecret.length).toBeGreaterThanOrEqual(32);
  expect(readSecrets(folder)).toEqual(first.secrets);
  if (process.platform !== "win32") expect(statSync(join(folder, "secrets.json")).mode & 0o777).toBe(0o600);
  const again = openDataFolder(folder);
  expect(again.secrets).toEqual(first.secrets);
  again.close();
});

test("a data folder of another release is refused and stays unlocked", () => {
  const folder = join(temporaryFolder(), "data");
  openDataFolder(folder).close();
  writeFileSync(join(folder, "version"), "99\n");
  expect(() => openDataFolder(folder)).toThrow(/layout 99/);
  expect(existsSync(join(folder, "lock.json"))).toBe(false);
});

test("a file in place of the data folder gives an error that names --data", () => {
  const file = join(temporaryFolder(), "data");
  writeFileSync(file, "");
  expect(() => openDataFolder(file)).toThrow(/--data/);
});

test.skipIf(process.getuid?.() === 0)("a data folder without write permission gives an error that names --data", () => {
  expect(() => openDataFolder("/proc/headgate")).toThrow(/--data/);
});

test("the address of a server is found below its project only while it runs", () => {
  const project = temporaryFolder();
  const data = openDataFolder(join(project, ".headgate"));
  data.setRunning("http://127.0.0.1:4400");
  expect(findDataFolder(join(project))).toBe(join(project, ".headgate"));
  expect(readRunning(join(project, ".headgate"))).toEqual({ url: "http://127.0.0.1:4400", pid: process.pid });
  data.close();
  expect(readRunning(join(project, ".headgate"))).toBeNull();
});

test.runIf(process.platform === "linux")("a path where no folder can be created is refused at once", () => {
  expect(() => openDataFolder("/proc/nope/data")).toThrow(/No permission to write to the data folder .*--data/);
});

test.skipIf(process.platform === "win32")("only its user may enter a data folder, also an old one", () => {
  const folder = join(temporaryFolder(), "data");
  openDataFolder(folder).close();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  chmodSync(folder, 0o755);
  openDataFolder(folder).close();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
