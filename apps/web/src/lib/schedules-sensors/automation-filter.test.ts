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

describe("list of schedules and sensors", () => {
  it("failing entries come first and switched-off ones last", () => {
    expect(names("")).toEqual(["new_files", "daily_refresh", "month_end"]);
  });

  it("the filter matches name, kind and target with all words", () => {
    expect(names("q=SENSOR")).toEqual(["new_files"]);
    expect(names("q=schedule customer")).toEqual(["month_end"]);
    expect(names("q=schedule new_files")).toEqual([]);
  });

  it("the list can show only failing or only switched-off entries", () => {
    expect(names("show=failing")).toEqual(["new_files"]);
    expect(names("show=off")).toEqual(["month_end"]);
    expect(names("show=nonsense")).toHaveLength(3);
  });

  it("a paused condition counts as off, a broken one as failing", () => {
    const base: ConditionView = {
      target: "b",
      off: null,
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
