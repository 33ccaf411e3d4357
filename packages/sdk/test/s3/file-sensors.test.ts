/** File sensors, on S3 and in folders: which runs they ask for. */
import { mkdtemp, mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineJob, fileSensor, type FileSensorOptions } from "@headgate/sdk";
import { s3FileSensor, s3Resource, type S3FileSensorOptions, type S3Object } from "@headgate/sdk/s3";
import { evaluateSensor } from "@headgate/sdk/testing";

const job = defineJob({ name: "load", selection: "*" });
const s3 = s3Resource({ accessKeyId: { env: "S3_KEY" }, secretAccessKey: { env: "S3_SECRET" } });

function object(key: string, minute: number, etag = key): S3Object {
  return { bucket: "lake", key, etag, size: 1, lastModified: new Date(Date.UTC(2025, 0, 1, 0, minute)) };
}

/** Ticks one after the other, with the cursor going from one to the next. */
function bucketSensor(options: Partial<S3FileSensorOptions> = {}) {
  let cursor: string | null = null;
  const sensor = s3FileSensor({ name: "files", s3, job, ...options });
  return async (objects: readonly S3Object[]) => {
    const asked: unknown[] = [];
    const list = async function* (filter: unknown) {
      asked.push(filter);
      yield* await Promise.resolve(objects);
    };
    const result = await evaluateSensor(sensor, { cursor, resources: { s3: { bucket: "lake", list } } });
    cursor = result.cursor;
    return { ...result, asked };
  };
}

describe("a sensor on a bucket", () => {
  it("a sensor on a bucket asks for a run for each new object", async () => {
    const tick = bucketSensor({ prefix: "inbox/" });
    const first = await tick([object("inbox/old.csv", 1)]);
    expect(first.runs).toEqual([]);
    expect(first.skipReason).toContain("first look at s3://lake/inbox/: 1 files are there already");
    expect(first.asked).toMatchObject([{ prefix: "inbox/" }]);
    const objects = [object("inbox/old.csv", 1), object("inbox/", 2), object("inbox/b.csv", 3), object("inbox/a.csv", 3)];
    const { runs } = await tick(objects);
    expect(runs.map(({ runKey }) => runKey).toSorted()).toEqual(["s3://lake/inbox/a.csv#inbox/a.csv", "s3://lake/inbox/b.csv#inbox/b.csv"]);
    expect(runs[0]).toMatchObject({ job: "load", tags: { s3_bucket: "lake" } });
    expect((await tick(objects)).skipReason).toBe("no new files in s3://lake/inbox/ (3 known)");
  });

  it("a sensor on a bucket can start with existing objects and notices new content", async () => {
    const tick = bucketSensor({ startAt: "beginning" });
    expect((await tick([object("a", 1)])).runs).toHaveLength(1);
    expect((await tick([object("a", 2, "changed")])).runs.map(({ runKey }) => runKey)).toEqual(["s3://lake/a#changed"]);
    expect((await tick([object("a", 2, "changed")])).runs).toEqual([]);
  });

  it("a sensor on a bucket finds late objects within the overlap", async () => {
    const tick = bucketSensor({ startAt: "beginning", overlap: "10m" });
    await tick([object("b", 30)]);
    expect((await tick([object("b", 30), object("a-late", 21), object("a-too-late", 19)])).runs.map(({ tags }) => tags["s3_key"])).toEqual([
      "a-late",
    ]);
  });

  it("a sensor on a bucket asks for at most 500 runs a tick", async () => {
    const objects = Array.from({ length: 1201 }, (_, index) => object(`k${index}`, index % 3));
    const tick = bucketSensor({ startAt: "beginning" });
    const counts: number[] = [];
    const keys = new Set<string | undefined>();
    for (let index = 0; index < 4; index++) {
      const { runs, logs } = await tick(objects);
      counts.push(runs.length);
      for (const { runKey } of runs) keys.add(runKey);
      if (index === 0) expect(logs.map(({ message }) => message)).toEqual(["500 new files now, 701 more in the next tick"]);
    }
    expect(counts).toEqual([500, 500, 201, 0]);
    expect(keys.size).toBe(1201);
  });

  it("a sensor on a bucket can ask for one run for all new files", async () => {
    const together = bucketSensor({
      startAt: "beginning",
      runPerFile: false,
      toRequest: (files) => ({ config: { assets: { raw: { keys: files.map(({ key }) => key) } } } }),
    });
    const { runs } = await together([object("b", 2), object("a", 1)]);
    expect(runs).toMatchObject([{ tags: { s3_key: "a, b", s3_files: "2" }, config: { assets: { raw: { keys: ["a", "b"] } } } }]);
    const each = bucketSensor({
      startAt: "beginning",
      toRequest: ([file]) => ({ partition: file?.key, tags: { size: String(file?.size) } }),
    });
    expect((await each([object("2025-01-01", 1)])).runs).toMatchObject([
      { partition: "2025-01-01", tags: { size: "1", s3_key: "2025-01-01" } },
    ]);
  });

  it("a sensor on a bucket takes only what its pattern names, behind the prefix", async () => {
    const objects = ["in/a.csv", "in/b.json", "in/deep/c.csv"].map((key) => object(key, 1));
    const taken = async (pattern: string | RegExp) =>
      (await bucketSensor({ startAt: "beginning", prefix: "in/", pattern })(objects)).runs.map(({ tags }) => tags["s3_key"]).toSorted();
    expect(await taken("*.csv")).toEqual(["in/a.csv"]);
    expect(await taken("**/*.csv")).toEqual(["in/a.csv", "in/deep/c.csv"]);
    expect(await taken(/\.(csv|json)$/g)).toEqual(["in/a.csv", "in/b.json", "in/deep/c.csv"]);
  });

  it("a sensor on a bucket shortens long run keys and reports wrong options", async () => {
    const long = "k".repeat(1000);
    const { runs } = await bucketSensor({ startAt: "beginning" })([object(`${long}1`, 1), object(`${long}2`, 1)]);
    expect(new Set(runs.map(({ runKey }) => runKey)).size).toBe(2);
    for (const { runKey } of runs) expect(runKey?.length).toBeLessThan(500);
    await expect(bucketSensor({ overlap: "soon" as "1s" })([])).rejects.toThrow(`'overlap' is "soon", which is no duration`);
  });

  it("a sensor on a bucket needs the environment variables that its resource names", async () => {
    await expect(evaluateSensor(s3FileSensor({ name: "files", s3, job }))).rejects.toThrow(
      `The environment variable S3_KEY is not set on the agent, but it is the accessKeyId of resource "s3"`,
    );
    expect(s3["~definition"].env).toEqual(["S3_KEY", "S3_SECRET"]);
  });
});

describe("a sensor on a folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "headgate-files-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function folderSensor(options: Partial<FileSensorOptions> = {}) {
    let cursor: string | null = null;
    const sensor = fileSensor({ name: "files", folder, job, startAt: "beginning", settle: 0, ...options });
    return async () => {
      const result = await evaluateSensor(sensor, { cursor });
      cursor = result.cursor;
      return result;
    };
  }

  it("a sensor on a folder asks for one run per new or changed file", async () => {
    const tick = folderSensor({ pattern: "*.csv" });
    await writeFile(join(folder, "a.csv"), "1");
    await writeFile(join(folder, "b.txt"), "1");
    expect((await tick()).runs).toMatchObject([{ job: "load", tags: { file: "a.csv" } }]);
    expect((await tick()).runs).toEqual([]);
    await writeFile(join(folder, "a.csv"), "22");
    expect((await tick()).runs).toHaveLength(1);
    expect((await tick()).runs).toEqual([]);
  });

  it("a sensor on a folder leaves alone what was changed a moment ago", async () => {
    await writeFile(join(folder, "half.csv"), "1");
    expect((await folderSensor({ settle: "1h" })()).skipReason).toContain("no new files");
    expect((await folderSensor({ settle: 0 })()).runs).toHaveLength(1);
  });

  it("a sensor on a folder finds moved files, and subfolders only when recursive", async () => {
    const tick = folderSensor({ recursive: true, startAt: "now" });
    expect((await tick()).skipReason).toContain("first look");
    const outside = join(folder, ".part");
    await writeFile(outside, "1");
    await utimes(outside, new Date("2020-01-01"), new Date("2020-01-01"));
    await mkdir(join(folder, "deep"));
    await rename(outside, join(folder, "deep/old.csv"));
    expect((await tick()).runs.map(({ tags }) => tags["file"])).toEqual(["deep/old.csv"]);
    expect((await folderSensor()()).runs).toEqual([]);
  });

  it("a sensor on a folder says which folder cannot be read", async () => {
    await expect(folderSensor({ folder: join(folder, "none") })()).rejects.toThrow(`The folder ${join(folder, "none")} cannot be read`);
  });
});
