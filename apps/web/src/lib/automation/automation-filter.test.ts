import { describe, expect, it } from "vitest";
import { sampleAutomation } from "../../../test/fixture-automations.ts";
import { filterAutomations, filterConditions, readAutomationFilter } from "./automation-filter.ts";
import type { ConditionView } from "@headgate/shared/contract/automations/conditions.ts";

const NOW = 1_790_000_000_000;
const views = [
  sampleAutomation({ location: "lakehouse", kind: "schedule", name: "daily_refresh" }, NOW),
  sampleAutomation({ location: "lakehouse", kind: "schedule", name: "month_end" }, NOW),
  sampleAutomation({ location: "lakehouse", kind: "sensor", name: "new_files" }, NOW),
];
const names = (query: string) =>
  filterAutomations(views, readAutomationFilter(new URLSearchParams(query)), ({ name }) =>
    name === "month_end" ? "customer_pipeline" : "",
  ).map(({ name }) => name);

describe("the list of schedules and sensors", () => {
  it("puts what fails on top and what is off at the end", () => {
    expect(names("")).toEqual(["new_files", "daily_refresh", "month_end"]);
  });

  it("finds by name, kind, and by what is started, all words together", () => {
    expect(names("q=SENSOR")).toEqual(["new_files"]);
    expect(names("q=schedule customer")).toEqual(["month_end"]);
    expect(names("q=schedule new_files")).toEqual([]);
  });

  it("shows only what fails, or only what is off", () => {
    expect(names("show=failing")).toEqual(["new_files"]);
    expect(names("show=off")).toEqual(["month_end"]);
    expect(names("show=nonsense")).toHaveLength(3);
  });

  it("counts a paused condition as off and one that cannot be evaluated as failing", () => {
    const base: ConditionView = {
      target: "b",
      location: "l",
      condition: { type: "missing" },
      text: "missing",
      paused: null,
      last: null,
      lastRequestedAt: null,
      nextAt: null,
    };
    const conditions: ConditionView[] = [
      base,
      { ...base, target: "a", paused: { scope: "all", by: "ada", at: 1, reason: null, until: null } },
      {
        ...base,
        target: "c",
        last: { id: "e", target: "c", at: 1, requested: 0, partitions: null, runs: [], backfill: null, cause: "", error: "no" },
      },
    ];
    const targets = (query: string) =>
      filterConditions(conditions, readAutomationFilter(new URLSearchParams(query))).map(({ target }) => target);
    expect(targets("")).toEqual(["a", "b", "c"]);
    expect(targets("show=off")).toEqual(["a"]);
    expect(targets("show=failing")).toEqual(["c"]);
  });
});
