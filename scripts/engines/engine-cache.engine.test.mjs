/** Starts that want the same program at once do not disturb each other, and a program that cannot be had gives its reason. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cachedFolder, ROOT } from "./engine-cache.mjs";

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "headgate-engines-"));
  vi.stubEnv("HEADGATE_ENGINES_DIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const written = (text) => (part) => writeFileSync(join(part, "program"), text);

test("several starts at once make it once, and all have it", async () => {
  let made = 0;
  const make = async (part) => {
    made++;
    await sleep(300);
    writeFileSync(join(part, "program"), "x");
  };
  const found = await Promise.all([1, 2, 3].map(() => cachedFolder("engine-1", make)));
  expect(new Set(found)).toEqual(new Set([join(folder, "engine-1")]));
  expect(made).toBe(1);
  expect(readdirSync(folder)).toEqual(["engine-1"]);
});

test("a failed start leaves nothing behind, and the next tries again", async () => {
  const broken = async (part) => {
    writeFileSync(join(part, "half"), "x");
    throw new Error("no network");
  };
  await expect(cachedFolder("engine-1", broken)).rejects.toThrow("no network");
  expect(readdirSync(folder)).toEqual([]);
  await cachedFolder("engine-1", written("whole"));
  expect(readFileSync(join(folder, "engine-1", "program"), "utf8")).toBe("whole");
});

test("a program that would break in a moved cache is refused", async () => {
  const fixed = (part) => symlinkSync(folder, join(part, "plugin"));
  await expect(cachedFolder("engine-1", fixed)).rejects.toThrow(`is a link to ${folder}, which breaks when the cache of engines is moved`);
  expect(readdirSync(folder)).toEqual([]);
  const relative = (part) => symlinkSync("program", join(part, "alias"));
  expect(await cachedFolder("engine-1", relative)).toBe(join(folder, "engine-1"));
});

test("leftovers of a start that was killed are taken over and removed", async () => {
  const longAgo = new Date(Date.now() - 24 * 3_600_000);
  for (const name of ["engine-1.part-old", "engine-1.part-new"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "engine-1.lock"), "1");
  for (const name of ["engine-1.part-old", "engine-1.lock"]) utimesSync(join(folder, name), longAgo, longAgo);
  await cachedFolder("engine-1", written("x"));
  expect(readdirSync(folder).toSorted()).toEqual(["engine-1", "engine-1.part-new"]);
});

describe("a machine without Go, Maven, Rust and a package index", () => {
  /** The tests on an S3 server, run where it cannot be had. */
  async function runWithout(env) {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, "node"));
    const args = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--config", "vitest.engines.config.ts", "s3.engine", "--no-color"];
    const options = { cwd: ROOT, env: { PATH: bin, HOME: folder, HEADGATE_ENGINES_DIR: folder, PIP_NO_INDEX: "1", ...env } };
    return await new Promise((resolve) => {
      execFile(process.execPath, args, options, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }));
    });
  }

  test("the missing tools are named, and tests that need them are skipped", async () => {
    const { code, output } = await runWithout({});
    expect(output).toMatch(
      /^skipped: packages\/sdk\/test\/s3\/s3\.engine\.test\.ts: versitygw .* cannot be had: Go \(go\) is not installed$/m,
    );
    expect(output).toMatch(/^trino-server-core .* cannot be had: Maven \(mvn\) is not installed$/m);
    expect(output).toMatch(/Tests +(\d+) skipped \(\1\)/);
    expect(code).toBe(0);
  });

  test("fails in continuous integration", async () => {
    const { code, output } = await runWithout({ CI: "true" });
    expect(output).toContain("Go (go) is not installed");
    expect(code).toBe(1);
  });
});
