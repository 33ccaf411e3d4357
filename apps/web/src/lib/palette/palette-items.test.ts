import { describe, expect, it } from "vitest";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { indexDefinitions } from "#lib/definitions.ts";
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

describe("the palette", () => {
  it("puts the action first for `materialize gold/fct_orders`", () => {
    const [first] = find("materialize gold/fct_orders");
    expect(first?.label).toBe("Materialize gold/fct_orders");
    expect(first?.action).toEqual({ type: "launch", request: { selection: 'key:"gold/fct_orders"' } });
  });

  it("accepts a dotted key and a job", () => {
    expect(find("materialize gold.fct_orders")[0]?.label).toBe("Materialize gold/fct_orders");
    expect(find("run full_refresh")[0]?.label).toBe("Run job full_refresh");
  });

  it("offers no action on an external asset", () => {
    expect(find("materialize airbyte/orders").some((item) => item.kind === "Action")).toBe(false);
    expect(find("airbyte/orders")[0]).toMatchObject({ kind: "Asset", label: "airbyte/orders" });
  });

  it("finds a run by a part of its id, and places and settings by name", () => {
    const [run] = runs;
    expect(find(run?.id.slice(-8) ?? "")[0]?.kind).toBe("Run");
    expect(find("lineage")[0]?.action).toEqual({ type: "open", href: "/acme/prod/lineage" });
    expect(find("theme")[0]?.kind).toBe("Setting");
  });

  it("turns a schedule off, and one that is off on", () => {
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

  it("tests a tick and backfills what is partitioned", () => {
    expect(find("test new_files").find((item) => item.label.startsWith("Test"))?.action).toEqual({
      type: "open",
      href: "/acme/prod/automations/lakehouse/sensor/new_files/-/test",
    });
    expect(find("backfill daily_orders")[0]?.action).toEqual({ type: "backfill", assetKey: "gold/daily_orders" });
    expect(find("backfill fct_orders").some((item) => item.kind === "Action" && item.action.type === "backfill")).toBe(false);
  });

  it("offers each role what it may do", () => {
    const actions = (text: string, role: Role) => find(text, role).flatMap((item) => (item.kind === "Action" ? [item.label] : []));
    for (const text of ["materialize gold/fct_orders", "run full_refresh", "backfill daily_orders", "turn off daily_refresh", "fct_orders"])
      expect(actions(text, "viewer"), text).toEqual([]);
    expect(actions("turn off daily_refresh", "launcher")).toEqual(["Test a tick of daily_refresh"]);
    expect(actions("turn off daily_refresh", "editor")).toEqual(["Turn schedule daily_refresh off", "Test a tick of daily_refresh"]);
    expect(actions("materialize gold/fct_orders", "launcher")).toContain("Materialize gold/fct_orders");
  });

  it("gives each item one identity", () => {
    const ids = find("orders").map((item) => item.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
