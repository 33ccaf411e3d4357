import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openInstanceFolder, type InstanceFolder } from "./instance-folder.ts";

/** Above the largest process id of Linux. */
const DEAD_PID = 2 ** 22 + 1;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "instances-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function makeFolder(path: string, owner: number): string {
  const folder = join(dataDir, "instances", path);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "owner.pid"), String(owner));
  writeFileSync(join(folder, "note"), path);
  return folder;
}

function open(mustStay: (folder: string) => boolean = () => false): InstanceFolder {
  return openInstanceFolder({ dataDir, name: "own", mustStay });
}

describe("instance folder", () => {
  it("an agent takes over the folders of processes that are gone", () => {
    const gone = makeFolder("gone", DEAD_PID);
    const own = open();
    expect(existsSync(gone)).toBe(false);
    expect(own.earlier.map((folder) => existsSync(join(folder, "note")))).toEqual([true]);
    own.removeEarlier();
    expect(readdirSync(own.path)).toEqual(["owner.pid"]);
  });

  it("an agent leaves the folder of a living process alone", () => {
    const living = makeFolder("living", process.ppid);
    expect(open().earlier).toEqual([]);
    expect(existsSync(living)).toBe(true);
  });

  it("an agent leaves a folder alone that must stay", () => {
    const gone = makeFolder("gone", DEAD_PID);
    expect(open((folder) => folder === gone).earlier).toEqual([]);
    expect(existsSync(gone)).toBe(true);
  });

  it("an agent also takes over what a killed process had taken", () => {
    makeFolder("second", DEAD_PID);
    makeFolder("second/earlier/0", DEAD_PID);
    makeFolder("second/earlier/0/earlier/0", DEAD_PID);
    const own = open();
    expect(own.earlier).toHaveLength(3);
    expect(own.earlier.every((folder) => existsSync(join(folder, "note")))).toBe(true);
  });
});

it.skipIf(process.platform === "win32")("only its user may enter the data folder of an agent", () => {
  const folder = join(dataDir, "agent");
  openInstanceFolder({ dataDir: folder, name: "one", mustStay: () => false });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  chmodSync(folder, 0o755);
  openInstanceFolder({ dataDir: folder, name: "two", mustStay: () => false });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
