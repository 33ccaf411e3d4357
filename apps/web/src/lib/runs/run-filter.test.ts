import { describe, expect, it } from "vitest";
import { sampleRuns } from "../../../test/fixture-data.ts";
import { filterInput, mergeRuns, readRunFilter } from "./run-filter.ts";

const NOW = 1_790_000_000_000;
const runs = sampleRuns(NOW, 12);
const [newest, second] = runs;
if (!newest || !second) throw new TypeError("the fixture has runs");
const filter = (query: string) => readRunFilter(new URLSearchParams(query));

describe("run list", () => {
  it("the filter is read from the URL and ignores unknown values", () => {
    expect(filter("status=active&q=%20full%20&job=x")).toEqual({
      status: "active",
      text: " full ",
      job: "x",
      asset: "",
      backfill: "",
      span: null,
    });
    expect(filterInput(filter("status=active&q=%20full%20")).statuses).toEqual(["queued", "starting", "running", "canceling"]);
    expect(filterInput(filter("status=active&q=%20full%20")).text).toBe("full");
    expect(filter("status=nonsense").status).toBeNull();
  });

  it("the newer of the fetched and live run is shown", () => {
    const live = new Map([[newest.id, { ...newest, status: "running" as const, lastSeq: newest.lastSeq + 1 }]]);
    expect(mergeRuns([newest], live, { filter: filter(""), since: NOW })[0]?.status).toBe("running");
    const stale = new Map([[newest.id, { ...newest, status: "queued" as const, lastSeq: 1 }]]);
    expect(mergeRuns([newest], stale, { filter: filter(""), since: NOW })[0]?.status).toBe("failed");
  });

  it("a new run that matches goes on top", () => {
    const launched = { ...second, id: "new", job: "full_refresh", status: "queued" as const, createdAt: NOW + 5 };
    const live = new Map([["new", launched]]);
    expect(mergeRuns([newest], live, { filter: filter(""), since: NOW }).map((run) => run.id)).toEqual(["new", newest.id]);
    expect(mergeRuns([newest], live, { filter: filter("status=failed"), since: NOW }).map((run) => run.id)).toEqual([newest.id]);
    expect(mergeRuns([newest], live, { filter: filter("job=other"), since: NOW })).toHaveLength(1);
  });

  it("a run whose check failed counts as failed", () => {
    expect(filterInput(filter("status=failed"))).toEqual({ outcome: "failed" });
    const run = { ...second, id: "new", status: "succeeded" as const, checksFailed: 1, createdAt: NOW + 5 };
    const shown = (query: string) => mergeRuns([], new Map([["new", run]]), { filter: filter(query), since: NOW }).length;
    expect(["status=failed", "status=succeeded", ""].map(shown)).toEqual([1, 0, 1]);
  });

  it("the runs of a span are asked for", () => {
    expect(filterInput(filter("from=5&to=9"))).toEqual({ createdAfter: 5, createdBefore: 9 });
    expect(filter("from=5&to=x").span).toBeNull();
  });

  it("older runs of the live state are not added to a page", () => {
    const live = new Map([[second.id, second]]);
    expect(mergeRuns([newest], live, { filter: filter(""), since: NOW })).toHaveLength(1);
  });
});
