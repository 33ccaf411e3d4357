import { describe, expect, it } from "vitest";
import { buildAssetGraph } from "../../domain/asset-graph.ts";
import { unwrap } from "../../domain/errors.ts";
import { evaluateSelection } from "../../domain/selection/evaluate.ts";
import { parseSelection } from "../../domain/selection/parse.ts";
import { manifestAssetSchema, manifestJobSchema, manifestScheduleSchema, manifestSensorSchema } from "../../manifest/schema.ts";
import { listedAssetsContext, type ListedState } from "./selection-attributes.ts";

const place = { checks: [], x: 0, y: 0, level: 0 };
const asset = (key: string, extra: object = {}) => ({
  ...manifestAssetSchema.parse({ key, unit: key, ...extra }),
  location: "main",
  ...place,
});
const email = { name: "email", type: "text", tags: { pii: "yes" } };
const assets = [
  asset("crm", { unit: null }),
  asset("orders", { columns: [email], relation: "lake.orders", deps: [{ key: "crm" }] }),
  asset("revenue", { automation: { type: "missing" }, deps: [{ key: "orders" }] }),
  { ...asset("other"), location: "side" },
  { ...asset("seen"), location: "side" },
];
const located = { location: "main" };
const document = {
  assets,
  jobs: [{ ...manifestJobSchema.parse({ name: "nightly", selection: "* and not revenue" }), ...located, assetCount: 1 }],
  schedules: [{ ...manifestScheduleSchema.parse({ name: "at_two", job: "nightly", cron: ["0 2 * * *"] }), ...located }],
  sensors: [
    { ...manifestSensorSchema.parse({ name: "arrived", kind: "polling", job: "nightly" }), ...located },
    { ...manifestSensorSchema.parse({ name: "only_looks", kind: "polling" }), ...located },
  ],
};
const state = (extra: Partial<ListedState>): ListedState => ({
  health: "unknown",
  materialized: null,
  failed: null,
  inProgress: null,
  freshness: null,
  places: { materialized: null, changed: null },
  partitions: null,
  ...extra,
});
const states = new Map([
  ["seen", state({ health: "healthy", observedAt: 1 })],
  ["crm", state({ places: { materialized: null, changed: { seq: 9, saw: 9, at: 2 } } })],
  [
    "orders",
    state({
      health: "failed",
      inProgress: { run: "r1", status: "running" },
      materialized: { at: 1, run: "r0", step: "s", partition: null, durationMs: null, rowCount: null, codeVersion: null },
      places: { materialized: { seq: 5, saw: 4 }, changed: { seq: 5, saw: 4, at: 1 } },
    }),
  ],
  [
    "revenue",
    state({
      health: "warning",
      freshness: { state: "overdue", since: 1, changesAt: null },
      failed: { at: 1, run: "r0", step: "s", message: "no", partition: null },
    }),
  ],
]);

function selected(text: string): string {
  const graph = buildAssetGraph(assets);
  const context = listedAssetsContext(document, graph, (key) => states.get(key));
  return unwrap(evaluateSelection(unwrap(parseSelection(text)), graph, context)).join(" ");
}

describe("attributes that a deployment answers", () => {
  it.each([
    ["status:failed", "orders"],
    ["status:RUNNING", "orders"],
    ["status:warning", "revenue"],
    ["status:overdue", "revenue"],
    ["status:stale", "orders"],
    ["status:Stale and not orders", ""],
    ["status:never", "other"],
    ["status:external", "crm"],
    ["status:materialized or status:queued", "orders"],
    ["column:email", "orders"],
    ["column:constructor", ""],
    ["column_tag:pii=yes", "orders"],
    ["column_tag:pii", ""],
    ["column_tag:constructor", ""],
    ["table_name:lake.orders", "orders"],
    ["job:nightly", "orders"],
    ["schedule:at_two", "orders"],
    ["sensor:arrived", "orders"],
    ["sensor:only_looks or schedule:<null> or job:nosuch", ""],
    ["automation_type:condition", "revenue"],
    ["automation_type:schedule", "orders"],
    ["automation_type:sensor", "orders"],
    ["automation_type:none", "crm other seen"],
    ["not status:failed", "crm revenue other seen"],
  ])("%s selects %j", (text, expected) => {
    expect(selected(text)).toBe(expected);
  });

  it("an attribute without such a value is refused with its place", () => {
    expect(parseSelection("a or status:great")).toMatchObject({
      ok: false,
      error: { details: { position: 12, length: 5, expected: expect.arrayContaining(["healthy"]) } },
    });
    expect(parseSelection("automation_type:cron").ok).toBe(false);
  });
});
