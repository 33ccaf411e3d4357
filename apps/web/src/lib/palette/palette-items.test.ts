import { describe, expect, it } from "vitest";
import { indexDefinitions } from "#lib/definitions.ts";
import { sampleRuns } from "../../../test/fixture-data.ts";
import { definitionsOf, lakehouseAssets } from "../../../test/fixture-definitions.ts";
import { findPaletteItems } from "./palette-items.ts";

const definitions = indexDefinitions(definitionsOf(lakehouseAssets(), "h"));
const runs = sampleRuns(1_790_000_000_000, 12);
const find = (text: string) => findPaletteItems(text, { ref: { org: "acme", name: "prod" }, definitions, runs });

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

  it("gives each item one identity", () => {
    const ids = find("orders").map((item) => item.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
