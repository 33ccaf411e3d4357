import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { propertyRuns } from "../property-runs.test-support.ts";
import { valueAt } from "./json-path.ts";
import { mapDelivery } from "./map-delivery.ts";

const content = (body: unknown, headers: Record<string, string> = {}, query: Record<string, string> = {}) => ({ body, headers, query });

describe("a place in a delivery", () => {
  it("a path leads through names, indexes, headers and the query", () => {
    const delivery = content({ data: { jobs: [{ id: 7 }] } }, { "x-event": "sync" }, { team: "a" });
    expect(valueAt(delivery, "data.jobs.0.id")).toBe(7);
    expect(valueAt(delivery, "$headers.X-Event")).toBe("sync");
    expect(valueAt(delivery, "$query.team")).toBe("a");
  });

  it("holds nothing where the sender wrote nothing", () => {
    for (const path of ["constructor", "__proto__", "list.length", "list.-1", "list.01", "text.0", "missing.deep"])
      expect(valueAt(content({ list: [1], text: "abc" }), path)).toBeUndefined();
  });
});

describe("a declarative mapping", () => {
  it("makes run key, partition and tags of what stands at their places", () => {
    const map = {
      when: [{ path: "data.success", equals: true }],
      runKey: "data.jobId",
      partition: "day",
      tags: { connection: "data.connection.name", gone: "a.b" },
    };
    const body = { day: "2026-11-23", data: { success: true, jobId: 42, connection: { name: "shop" } } };
    expect(mapDelivery(map, content(body))).toEqual({
      type: "run",
      runKey: "42",
      partition: "2026-11-23",
      tags: { connection: "shop" },
    });
  });

  it("a delivery is skipped with the condition that does not hold", () => {
    const map = { when: [{ path: "action", equals: "published" }] };
    expect(mapDelivery(map, content({ action: "created" }))).toEqual({ type: "skip", reason: `'action' is "created", not "published"` });
    expect(mapDelivery(map, content({}))).toEqual({ type: "skip", reason: `'action' is nothing, not "published"` });
  });

  it("a delivery without its run key or partition is refused", () => {
    expect(mapDelivery({ runKey: "id" }, content({ id: { a: 1 } }))).toEqual({
      type: "misfit",
      problem: "the run key should stand at 'id', but there is an object",
    });
    expect(mapDelivery({ partition: "day" }, content("text"))).toMatchObject({ type: "misfit" });
    expect(mapDelivery({ runKey: "id" }, content({ id: "x".repeat(501) }))).toMatchObject({ type: "misfit" });
  });

  it("without a map asks for a run whatever comes", () => {
    expect(mapDelivery(undefined, content("hello"))).toEqual({ type: "run", tags: {} });
  });

  it("never throws, and gives texts within their limits, whatever the sender writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.string(), (body, first, second) => {
        const mapped = mapDelivery({ runKey: first || "a", partition: "b", tags: { t: second || "c" } }, content(body));
        if (mapped.type === "run") {
          expect((mapped.runKey ?? "").length).toBeLessThanOrEqual(500);
          expect((mapped.tags["t"] ?? "").length).toBeLessThanOrEqual(1000);
        }
      }),
      { seed: 62, numRuns: propertyRuns(300) },
    );
  });
});
