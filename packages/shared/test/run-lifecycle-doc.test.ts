import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { RUN_TABLE, STEP_TABLE } from "../src/domain/run/transition-table.test-support.ts";

const document = readFileSync(resolve(import.meta.dirname, "../../../docs/run-lifecycle.md"), "utf8");

function markdownTable(table: Readonly<Record<string, Readonly<Record<string, string | null>>>>): string {
  const states = Object.keys(table);
  const events = Object.keys(Object.values(table)[0] ?? {});
  const rows = events.map((event) => `| ${event} | ${states.map((state) => table[state]?.[event] ?? "·").join(" | ")} |`);
  return [`| event | ${states.join(" | ")} |`, `| --- |${states.map(() => " --- |").join("")}`, ...rows].join("\n");
}

describe("docs/run-lifecycle.md", () => {
  it("shows the run's transition table as it is", () => expect(document).toContain(markdownTable(RUN_TABLE)));
  it("shows the step's transition table as it is", () => expect(document).toContain(markdownTable(STEP_TABLE)));
});
