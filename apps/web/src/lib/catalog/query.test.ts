import { describe, expect, it } from "vitest";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { indexDefinitions } from "#lib/definitions.ts";
import { statesOf } from "../../../test/fixture-data.ts";
import { definitionsOf, generatedAssets, lakehouseAssets } from "../../../test/fixture-definitions.ts";
import { evaluateQuery, queryVocabulary } from "./query.ts";

const assets = lakehouseAssets();
const definitions = indexDefinitions(definitionsOf(assets, "h"));
const states = new Map<string, AssetState>(statesOf(assets, 1_790_000_000_000).map((state) => [state.key, state]));
const ask = (text: string) => evaluateQuery(text, definitions, (key) => states.get(key));

describe("a query of the catalog", () => {
  it("means everything when it is empty", () => {
    expect(ask("  ").keys).toBeNull();
  });

  it("finds keys that contain a bare word, external ones too", () => {
    expect(ask("orders").keys).toEqual(
      expect.arrayContaining(["airbyte/orders", "bronze/stg_orders", "gold/fct_orders", "gold/daily_orders"]),
    );
    expect(ask("fct_orders").keys).toEqual(["gold/fct_orders"]);
  });

  it("speaks the selection language", () => {
    expect(ask("group:gold and not status:failed").keys?.toSorted()).toEqual(["gold/daily_orders", "gold/fct_orders"]);
    expect(ask("+silver/dim_customer").keys).toEqual(
      expect.arrayContaining(["bronze/stg_customers", "raw/country_codes", "airbyte/customers"]),
    );
    expect(ask('owner:"team:marketing"').keys).toEqual(["gold/broken_attribution"]);
    expect(ask("job:bronze_refresh").keys?.every((key) => key.startsWith("bronze/"))).toBe(true);
  });

  it("counts a failed check as failed, as the glyph does", () => {
    expect(ask("status:failed").keys?.toSorted()).toEqual(["gold/broken_attribution", "metrics/daily_revenue"]);
    expect(ask("status:never").keys).toEqual(["metrics/churn_features"]);
  });

  it("names the position of an error", () => {
    const { problem } = ask("group:gold ) or");
    expect(problem?.unfinished).toBe(false);
    expect(problem?.place?.position).toBe(11);
  });

  it("keeps showing the finished part while somebody is still typing", () => {
    const answer = ask("group:gold and ");
    expect(answer.problem?.unfinished).toBe(true);
    expect(answer.keys).toHaveLength(3);
  });

  it("offers the nearest keys when nothing matches", () => {
    const { keys, empty } = ask("gold/fct_ordres");
    expect(keys).toEqual([]);
    expect(empty?.nearest).toContain("gold/fct_orders");
    expect(empty?.clauses).toEqual(["gold/fct_ordres"]);
  });

  it("refuses an attribute that it cannot know with a sentence", () => {
    expect(ask("changed_in_branch:any").problem?.message).toContain("changed_in_branch");
  });

  it("offers the values that exist", () => {
    const vocabulary = queryVocabulary(definitions);
    expect(vocabulary.values["group"]).toContain("silver");
    expect(vocabulary.values["tag"]).toContain("tier=gold");
  });

  it("answers for thousands of assets", () => {
    const many = indexDefinitions(definitionsOf(generatedAssets(5000), "h5000"));
    expect(evaluateQuery("group:gold", many, () => undefined).keys).toHaveLength(1250);
  });
});
