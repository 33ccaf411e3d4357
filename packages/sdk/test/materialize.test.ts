import { describe, expect, expectTypeOf, it } from "vitest";
import { checkResult, dailyPartitions, defineAsset, defineMultiAsset } from "@headgate/sdk";
import { materialize } from "@headgate/sdk/testing";
import { dailyEvents, dimCustomer, eventTotals, split, stgCustomers } from "./lakehouse-program.ts";

const dbt = { run: () => Promise.resolve({ elapsed: 1 }) };

describe("materialize", () => {
  it("materialize runs assets in dependency order with fakes and gives typed values", async () => {
    const result = await materialize([dimCustomer, stgCustomers], { resources: { dbt } });
    expect(result.success).toBe(true);
    expect(result.value("stg_customers")).toBe("stg_customers materialized");
    expectTypeOf(result.value("stg_customers")).toEqualTypeOf<string>();
    expect([...result.steps.keys()]).toEqual(["stg_customers", "dim_customer", "check:dim_customer:email_not_null"]);
    expect(result.check("dim_customer", "email_not_null")?.passed).toBe(true);
    expect(result.materialization("dim_customer")?.metadata).toMatchObject({ unique_customers: { type: "int", value: 2 } });
  });

  it("materialize takes values of upstream assets that are not part of it", async () => {
    const result = await materialize([dimCustomer], { resources: { dbt }, values: { stg_customers: "given" } });
    expect(result.events).toContainEqual(expect.objectContaining({ type: "log", message: "dim_customer has 8 rows after given" }));
  });

  it("materialize gives partitioned assets their window", async () => {
    const result = await materialize([dailyEvents, eventTotals], { partition: "2025-01-03" });
    expect(result.materialization("daily_events")?.partition).toBe("2025-01-03");
    expect(result.value("event_totals")).toBe(1);
    await expect(materialize([dailyEvents], { partition: "yesterday" })).rejects.toThrow('"yesterday" is not a partition');
  });

  it("materialize gives the checks of a partitioned asset the partition", async () => {
    const daily = defineAsset({
      key: "daily",
      partitions: dailyPartitions({ start: "2025-01-01" }),
      run: ({ partition }) => partition.key,
    });
    daily.check({ name: "same", run: async ({ partition, loadValue }) => (await loadValue()) === partition?.key });
    const result = await materialize([daily], { partition: "2025-01-02" });
    expect(result.check("daily", "same")).toMatchObject({ passed: true, partition: "2025-01-02" });
    expect(result.value("daily")).toBe("2025-01-02");
  });

  it("materialize does not run what is below a failure or a failed blocking check", async () => {
    const bad = defineAsset({ key: "bad", run: () => Promise.reject(new Error("no")) });
    const below = defineAsset({ key: "below", deps: [bad], run: () => 1 });
    const beside = defineAsset({ key: "beside", run: () => 1 });
    beside.check({ name: "never", blocking: true, run: () => checkResult({ passed: false }) });
    const belowCheck = defineAsset({ key: "below_check", deps: [beside], run: () => 1 });
    const result = await materialize([bad, below, beside, belowCheck]);
    expect(result.success).toBe(false);
    expect(result.failures.map((failure) => failure.kind)).toEqual(["user_code", "check_failed"]);
    expect(result.materialization("beside")).toBeDefined();
    expect(result.materialization("below")).toBeUndefined();
    expect(result.materialization("below_check")).toBeUndefined();
  });

  it("materialize gives the values of multi-assets by key", async () => {
    const result = await materialize([split]);
    expect([result.value("split/a"), result.value("split/b")]).toEqual([1, "two"]);
  });

  it("materialize refuses definitions that would not index", async () => {
    const twice = defineAsset({ key: "stg_customers", run: () => 1 });
    await expect(materialize([stgCustomers, twice])).rejects.toThrow('Asset "stg_customers" is defined twice');
    await expect(materialize([defineMultiAsset({ name: "none", outputs: {}, run: () => undefined })])).rejects.toThrow("has no outputs");
  });
});
