import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { MAX_BATCH_BLOBS, MAX_BATCHED_BLOB_BYTES } from "@headgate/shared/contract/http/blob-batch.ts";
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventOf, openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { TEST_BUNDLE, testJob, testVersion, type TestVersion } from "./test-location.ts";

type LocationItem = Extract<UpItem, { k: "location" }>;

describe("code location versions", () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(async () => {
    expect(fixture.plane.problems).toEqual([]);
    await fixture.close();
  });

  async function reported(version: string): Promise<LocationItem> {
    const { plane } = fixture;
    return await plane.until(
      `${version} is reported`,
      () => plane.items.flatMap(({ item }) => (item.k === "location" && item.version === version ? [item] : []))[0],
    );
  }

  async function activate(version: TestVersion): Promise<LocationItem> {
    fixture.plane.addVersion(version);
    fixture.plane.send({ t: "load", location: version.manifest.location, version: version.version });
    return await reported(version.version);
  }

  it("a blob with another hash is refused and the step says so", async () => {
    const { plane, dataDir } = fixture;
    plane.corruptBlobs = true;
    await fixture.start();
    expect(await reported("v1")).toMatchObject({
      state: "failed",
      errors: [{ kind: "project", message: expect.stringContaining("arrived with other content") as unknown }],
    });
    plane.lease(testJob("noop"));
    expect(await plane.doneOf("noop")).toMatchObject({ outcome: "failed", retryable: false, failure: { kind: "load_failed" } });
    expect(existsSync(join(dataDir, "versions", "main", "v1"))).toBe(false);
    expect(readdirSync(join(dataDir, "blobs"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
    plane.corruptBlobs = false;
    plane.lease(testJob("noop", { step: "again" }));
    expect(await plane.doneOf("again")).toEqual({ outcome: "succeeded" });
  });

  it("a redirect of the control plane is not followed", async () => {
    const { plane } = fixture;
    let asked = 0;
    const inside = createServer((_request, response) => {
      asked++;
      response.end("answer of another service");
    });
    await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
    try {
      plane.redirectTo = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/`;
      await fixture.start();
      const { errors } = await reported("v1");
      expect(JSON.stringify(errors)).not.toContain("answer of another service");
      expect(asked).toBe(0);
    } finally {
      inside.close();
    }
  });

  it.each(["/etc/passwd", "../outside", "a/../../outside", "a//b", "./a", "a\\b", "C:/x"])(
    "a manifest with the path %s is refused before anything is written",
    async (path) => {
      const version = testVersion({ version: "bad" });
      const [first] = version.manifest.files;
      if (first === undefined) throw new Error("no file");
      fixture.plane.addVersion({ ...version, manifest: { ...version.manifest, files: [...version.manifest.files, { ...first, path }] } });
      await fixture.start();
      expect(await reported("bad")).toMatchObject({ state: "failed" });
      expect(existsSync(join(fixture.dataDir, "versions", "main", "bad"))).toBe(false);
      expect(existsSync(join(fixture.dataDir, "outside"))).toBe(false);
      expect(fixture.plane.blobRequests).toEqual([]);
    },
  );

  it("a published program can be executed", async () => {
    const version = testVersion({ version: "programs" });
    const [first] = version.manifest.files;
    if (first === undefined) throw new Error("no file");
    const files = [
      ...version.manifest.files,
      { ...first, path: "scripts/run.sh", executable: true as const },
      { ...first, path: "scripts/notes" },
    ];
    fixture.plane.addVersion({ ...version, manifest: { ...version.manifest, files } });
    await fixture.start();
    expect(await reported("programs")).toMatchObject({ state: "ready" });
    const modeOf = (path: string): number => statSync(join(fixture.dataDir, "versions", "main", "programs", path)).mode & 0o111;
    expect([modeOf("scripts/run.sh"), modeOf("scripts/notes")]).toEqual([0o111, 0]);
  });

  it("a new version fetches only changed files, and pinned runs still work", async () => {
    const { plane } = fixture;
    await fixture.start();
    await reported("v1");
    const before = plane.blobRequests.length;
    expect(await activate(testVersion({ version: "v2", bundle: `${TEST_BUNDLE}\n// changed` }))).toMatchObject({ state: "ready" });
    expect(plane.blobRequests.length - before).toBe(1);
    plane.lease(testJob("noop", { step: "old", version: "v1" }));
    plane.lease(testJob("noop", { step: "new", version: "v2" }));
    expect(await plane.doneOf("old")).toEqual({ outcome: "succeeded" });
    expect(await plane.doneOf("new")).toEqual({ outcome: "succeeded" });
  });

  it("many small files come in few requests, a large one by itself", async () => {
    const { plane, dataDir } = fixture;
    await fixture.start();
    await reported("v1");
    plane.blobBatches.length = 0;
    plane.blobRequests.length = 0;
    const files = Object.fromEntries(
      Array.from({ length: MAX_BATCH_BLOBS + 50 }, (_, index) => [`models/m${index}.sql`, `select ${index}`]),
    );
    const large = "x".repeat(MAX_BATCHED_BLOB_BYTES + 1);
    expect(await activate(testVersion({ version: "v2", files: { ...files, "large.txt": large } }))).toMatchObject({ state: "ready" });
    expect(plane.blobBatches).toEqual([MAX_BATCH_BLOBS, 50]);
    expect(plane.blobRequests).toHaveLength(1);
    const root = join(dataDir, "versions", "main", "v2");
    for (const [path, text] of Object.entries({ ...files, "large.txt": large })) expect(readFileSync(join(root, path), "utf8")).toBe(text);
  });

  it.each([
    ["syntax", "export const = 1;", "syntax"],
    ["missing", 'import "a-package-nobody-has"; export const runtime = { version: 1 };', "missing_package"],
    ["threw", 'throw new Error("at import"); export const runtime = { version: 1 };', "threw"],
    ["noruntime", "export const other = 1;", "project"],
    ["oldruntime", "export const runtime = { version: 99 };", "project"],
    ["exits", "process.exit(3); export const runtime = {};", "crashed"],
    ["endless", "await new Promise((resolve) => setTimeout(resolve, 100000)); export const runtime = {};", "timeout"],
  ])("a location that does not load (%s) is reported with its error", async (name, bundle, kind) => {
    const { plane } = fixture;
    await fixture.start({ timing: { loadTimeoutMs: 1500 } });
    await reported("v1");
    const version = testVersion({ version: name, bundle });
    expect(await activate({ ...version, manifest: { ...version.manifest, location: "broken" } })).toMatchObject({
      state: "failed",
      errors: [{ kind }],
    });
    plane.lease(testJob("noop"));
    expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
  });

  it("packages left out of the bundle come from the configured modules folder", async () => {
    const { plane, dataDir } = fixture;
    const modules = join(dataDir, "given", "node_modules");
    mkdirSync(join(modules, "some-external"), { recursive: true });
    writeFileSync(join(modules, "some-external", "package.json"), '{ "name": "some-external", "type": "module", "exports": "./main.js" }');
    writeFileSync(join(modules, "some-external", "main.js"), 'export const name = "found";');
    await fixture.start({ config: { modules } });
    plane.lease(testJob("external"));
    expect(await plane.doneOf("external")).toEqual({ outcome: "succeeded" });
    expect(eventOf(plane.eventsOf("external"), "asset_observed").metadata["value"]).toEqual({ type: "text", value: "found" });
  });

  it("a version on disk is used again unless its code was changed", async () => {
    const { plane, dataDir } = fixture;
    const first = await fixture.start();
    await reported("v1");
    await first.stop("restart");
    plane.blobRequests.length = 0;
    const second = await fixture.start();
    await plane.until("ready again", () => plane.items.filter(({ item }) => item.k === "location").length === 2);
    expect(plane.blobRequests).toEqual([]);
    await second.stop("restart");
    const entry = join(dataDir, "versions", "main", "v1", "bundle", "main.js");
    const other = join(dataDir, "versions", "main", "v1", "data", "numbers.csv");
    const numbers = readFileSync(other, "utf8");
    writeFileSync(other, numbers.replaceAll(/\d/g, "9"));
    const third = await fixture.start();
    await plane.until("ready a third time", () => plane.items.filter(({ item }) => item.k === "location").length === 3);
    expect(readFileSync(other, "utf8")).toBe(numbers);
    await third.stop("restart");
    writeFileSync(entry, "export const runtime = null;");
    await fixture.start();
    plane.lease(testJob("noop"));
    expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
    expect(readFileSync(entry, "utf8")).toBe(TEST_BUNDLE);
  });

  it("a stray file among the versions does not disturb their removal", async () => {
    const { plane, dataDir } = fixture;
    const agent = await fixture.start();
    await reported("v1");
    writeFileSync(join(dataDir, "versions", ".DS_Store"), "");
    for (let number = 2; number <= 6; number++)
      await activate(testVersion({ version: `v${number}`, files: { "data/numbers.csv": String(number) } }));
    await plane.until("cleaned up", () => readdirSync(join(dataDir, "versions", "main")).length <= 4);
    plane.lease(testJob("noop", { version: "v6" }));
    expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
    expect(agent.snapshot().connected).toBe(true);
  });

  it("old versions are removed, the active and the last ones stay", async () => {
    const { dataDir } = fixture;
    await fixture.start();
    await reported("v1");
    for (let number = 2; number <= 7; number++)
      await activate(testVersion({ version: `v${number}`, files: { "data/numbers.csv": String(number) } }));
    const folder = join(dataDir, "versions", "main");
    await fixture.plane.until("cleaned up", () => readdirSync(folder).length <= 4);
    expect(readdirSync(folder)).toContain("v7");
  });
});
