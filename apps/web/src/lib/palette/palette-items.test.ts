import { describe, expect, it } from "vitest";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { indexDefinitions } from "#lib/deployment/definitions.ts";
import { sampleAutomation } from "../../../test/fixture-automations.ts";
import { sampleRuns } from "../../../test/fixture-data.ts";
import { definitionsOf, lakehouseAssets } from "../../../test/fixture-definitions.ts";
import { findPaletteItems } from "./palette-items.ts";

const definitions = indexDefinitions(definitionsOf(lakehouseAssets(), "h"));
const runs = sampleRuns(1_790_000_000_000, 12);
const automations = [
  ...definitions.document.schedules.map(({ location, name }) => sampleAutomation({ location, kind: "schedule", name }, 1_790_000_000_000)),
  ...definitions.document.sensors.map(({ location, name }) => sampleAutomation({ location, kind: "sensor", name }, 1_790_000_000_000)),
];
const find = (text: string, role: Role = "owner") =>
  findPaletteItems(text, { ref: { org: "acme", name: "prod" }, role, definitions, runs, automations });

describe("palette", () => {
  it("`materialize gold/fct_orders` puts the action first", () => {
    const [first] = find("materialize gold/fct_orders");
    expect(first?.label).toBe("Materialize gold/fct_orders");
    expect(first?.action).toEqual({ type: "launch", request: { selection: 'key:"gold/fct_orders"' } });
  });

  it("a dotted key and a job are found", () => {
    expect(find("materialize gold.fct_orders")[0]?.label).toBe("Materialize gold/fct_orders");
    expect(find("run full_refresh")[0]?.label).toBe("Run job full_refresh");
  });

  it("an external asset has no action", () => {
    expect(find("materialize airbyte/orders").some((item) => item.kind === "Action")).toBe(false);
    expect(find("airbyte/orders")[0]).toMatchObject({ kind: "Asset", label: "airbyte/orders" });
  });

  it("runs are found by partial id, places and settings by name", () => {
    const [run] = runs;
    expect(find(run?.id.slice(-8) ?? "")[0]?.kind).toBe("Run");
    expect(find("lineage")[0]?.action).toEqual({ type: "open", href: "/acme/prod/lineage" });
    expect(find("theme")[0]?.kind).toBe("Setting");
  });

  it("a schedule can be turned off, and on again", () => {
    expect(find("turn off daily_refresh")[0]).toMatchObject({
      label: "Turn schedule daily_refresh off",
      action: { type: "toggle", automation: { location: "lakehouse", kind: "schedule", name: "daily_refresh" }, enabled: false },
    });
    expect(find("turn month_end")[0]?.label).toBe("Turn schedule month_end on");
    expect(find("daily_refresh")[0]?.action).toEqual({
      type: "open",
      href: "/acme/prod/automations/lakehouse/schedule/daily_refresh",
    });
  });

  it("ticks have dry runs, and partitioned assets have backfills", () => {
    expect(find("test new_files").find((item) => item.label.startsWith("Dry run"))?.action).toEqual({
      type: "open",
      href: "/acme/prod/automations/lakehouse/sensor/new_files/-/test",
    });
    expect(find("backfill daily_orders")[0]?.action).toEqual({ type: "backfill", assetKey: "gold/daily_orders" });
    expect(find("backfill fct_orders").some((item) => item.kind === "Action" && item.action.type === "backfill")).toBe(false);
  });

  it("each role sees only its own actions", () => {
    const actions = (text: string, role: Role) => find(text, role).flatMap((item) => (item.kind === "Action" ? [item.label] : []));
    for (const text of ["materialize gold/fct_orders", "run full_refresh", "backfill daily_orders", "turn off daily_refresh", "fct_orders"])
      expect(actions(text, "viewer"), text).toEqual([]);
    expect(actions("turn off daily_refresh", "launcher")).toEqual(["Dry run daily_refresh"]);
    expect(actions("turn off daily_refresh", "editor")).toEqual(["Turn schedule daily_refresh off", "Dry run daily_refresh"]);
    expect(actions("materialize gold/fct_orders", "launcher")).toContain("Materialize gold/fct_orders");
  });

  it("every item has its own id", () => {
    const ids = find("orders").map((item) => item.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
