import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testJob } from "../../test/test-location.ts";
import type { AgentLog } from "../agent-log.ts";
import { attemptKey } from "../step-ref.ts";
import { AttemptList } from "./attempt-list.ts";
import { AttemptRecords, parseList } from "./attempt-records.ts";

let dir: string;
let warnings: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "attempts-"));
  warnings = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function openList(adoptable: boolean, folder = dir): AttemptList {
  const log: AgentLog = { debug: () => {}, info: () => {}, warn: (message) => void warnings.push(message), error: () => {} };
  const records = new AttemptRecords({ instance: "i", server: "s" });
  return new AttemptList({ path: join(folder, "attempts.jsonl"), records, executor: "test", adoptable, log });
}

function keysOnDisk(): string[] {
  const list = parseList(readFileSync(join(dir, "attempts.jsonl"), "utf8"));
  return list.state === "read" ? list.records.attempts.map(({ key }) => key) : [];
}

describe("durable list of attempts", () => {
  it("an attempt that can be adopted is on disk at once", () => {
    const list = openList(true);
    const job = testJob("noop");
    list.begin(job);
    expect(keysOnDisk()).toEqual([attemptKey(job)]);
    list.end(job);
    expect(keysOnDisk()).toEqual([]);
    list.close();
  });

  it("a short attempt that cannot be adopted is never written", async () => {
    const list = openList(false);
    const short = testJob("noop", { step: "short" });
    const long = testJob("noop", { step: "long" });
    const before = statSync(join(dir, "attempts.jsonl")).size;
    list.begin(short);
    list.running(short, { ref: "1:2", at: 1 });
    list.end(short);
    list.begin(long);
    await expect.poll(() => statSync(join(dir, "attempts.jsonl")).size).toBeGreaterThan(before);
    expect(keysOnDisk()).toEqual([attemptKey(long)]);
    expect(readFileSync(join(dir, "attempts.jsonl"), "utf8")).not.toContain("short");
    list.close();
  });

  it("the list stays small however many attempts and batches pass", async () => {
    const list = openList(true);
    const kept = testJob("noop", { step: "kept" });
    list.begin(kept);
    for (let count = 1; count <= 5000; count++) {
      const job = testJob("noop", { step: `s${count}` });
      list.begin(job);
      list.sent(count, [
        [attemptKey(kept), count],
        [attemptKey(job), 1],
      ]);
      list.acknowledged(count);
      list.end(job);
    }
    // A long file is written anew by the next line after the disk has stored the last one.
    const size = (): number => {
      list.running(kept, { ref: "1", at: 1 });
      return statSync(join(dir, "attempts.jsonl")).size;
    };
    await expect.poll(size, { timeout: 20_000 }).toBeLessThan(100_000);
    expect(keysOnDisk()).toEqual([attemptKey(kept)]);
    const list2 = parseList(readFileSync(join(dir, "attempts.jsonl"), "utf8"));
    expect(list2.state === "read" && list2.records.positionsAt(5000)?.get(attemptKey(kept))).toBe(5000);
    list.close();
  });

  it("a list that cannot be written warns once and goes on", () => {
    const folder = join(dir, "gone");
    const list = openList(true, folder);
    const job = testJob("noop");
    list.begin(job);
    list.begin(testJob("noop", { step: "other" }));
    expect(warnings).toHaveLength(1);
    expect(existsSync(folder)).toBe(false);
    expect(list.adoptable).toHaveLength(2);
    list.close();
  });
});
