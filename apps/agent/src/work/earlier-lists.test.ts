import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testJob } from "../../test/test-location.ts";
import type { AgentLog, LogFields } from "../agent-log.ts";
import { attemptKey } from "../step-ref.ts";
import type { Adoption } from "../executors/executor.ts";
import type { ListLine } from "./attempt-records.ts";
import { chooseEarlierList, hasNewerList, LIST_FILE } from "./earlier-lists.ts";

let dir: string;
let discarded: string[];
let warned: (LogFields | undefined)[];
const adoption: Adoption = { adopt: async () => null, discard: async ({ job }) => void discarded.push(job.step) };
const log: AgentLog = { debug: () => {}, info: () => {}, warn: (_text, fields) => void warned.push(fields), error: () => {} };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lists-"));
  discarded = [];
  warned = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Written {
  readonly steps: readonly string[];
  readonly server?: string;
  readonly executor?: string;
  readonly format?: number;
  readonly writtenAt?: number;
}

function write(name: string, { steps, server = "s", executor = "pods", format = 1, writtenAt = 1000 }: Written): string {
  const folder = join(dir, name);
  mkdirSync(folder);
  const header: ListLine = { t: "list", format, instance: name, server };
  const begins = steps.map((step): ListLine => {
    const job = testJob("noop", { step });
    return { t: "begin", key: attemptKey(job), executor, job: executor === "process" ? null : job };
  });
  writeFileSync(join(folder, LIST_FILE), [header, ...begins].map((line) => `${JSON.stringify(line)}\n`).join(""));
  utimesSync(join(folder, LIST_FILE), writtenAt, writtenAt);
  return folder;
}

function choose(folders: readonly string[], executor = { kind: "pods", adoption: adoption as Adoption | null }): string | undefined {
  return chooseEarlierList({ folders, server: "s", executor, log })?.owner.instance;
}

describe("earlier lists", () => {
  it("the newest list that fits is continued and the others are ended", () => {
    const folders = [
      write("older", { steps: ["a", "b"], writtenAt: 1000 }),
      write("newer", { steps: ["c"], writtenAt: 2000 }),
      write("foreign", { steps: ["d"], server: "another", writtenAt: 3000 }),
    ];
    expect(choose(folders)).toBe("newer");
    expect(discarded.toSorted()).toEqual(["a", "b", "d"]);
    expect(warned).toHaveLength(2);
  });

  it("an attempt that the continued list also has is not ended", () => {
    const folders = [write("before", { steps: ["a"], writtenAt: 1000 }), write("after", { steps: ["a"], writtenAt: 2000 })];
    expect(choose(folders)).toBe("after");
    expect(discarded).toEqual([]);
    expect(warned).toEqual([]);
  });

  it("a list of an executor that adopts nothing is only logged", () => {
    const folders = [write("workers", { steps: ["a"], executor: "process" })];
    expect(choose(folders, { kind: "process", adoption: null })).toBeUndefined();
    expect(warned).toMatchObject([{ attempts: [{ step: "a", executor: "process" }] }]);
  });

  it("an empty or missing list is nothing to continue", () => {
    expect(choose([write("empty", { steps: [] }), join(dir, "missing")])).toBeUndefined();
    expect(warned).toEqual([]);
  });

  it("a list of a newer agent is recognized", () => {
    expect(hasNewerList(write("newer", { steps: [], format: 2 }))).toBe(true);
    expect(hasNewerList(write("same", { steps: [] }))).toBe(false);
  });
});
