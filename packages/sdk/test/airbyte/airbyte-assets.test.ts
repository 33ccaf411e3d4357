/** Airbyte's streams as assets, and runs that sync them, against a server that keeps to Airbyte's published API. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { defineAsset, defineCodeLocation } from "@headgate/sdk";
import { airbyteAssets, airbyteResource, type AirbyteAssetsOptions } from "@headgate/sdk/airbyte";
import { createRuntime } from "@headgate/sdk/runtime";
import { materialize } from "@headgate/sdk/testing";
import { CLIENT, SHOP, startAirbyte, type AirbyteServer } from "./airbyte-server.test-support.ts";

let server: AirbyteServer;
beforeEach(async () => {
  server = await startAirbyte();
});
afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
});

const resourceOf = () => airbyteResource({ url: server.url, ...CLIENT });
function assetsOf(options: Partial<AirbyteAssetsOptions> = {}) {
  const airbyte = resourceOf();
  const streams = [
    "customers",
    { name: "order items", description: "Lines of orders", owners: ["team:sales"] },
    { name: "x", key: "raw/x" },
  ];
  const connections = [{ id: SHOP, name: "shop", streams, url: "https://airbyte.example.com/shop" }];
  return airbyteAssets({ airbyte, connections, pollEvery: 0.01, ...options });
}
const indexed = async (options: Partial<AirbyteAssetsOptions>) => {
  const location = defineCodeLocation({ name: "l", assets: [assetsOf(options)], resources: [resourceOf()] });
  const { draft, errors } = await createRuntime(location).index({ root: "/", scratch: "/", env: {} });
  expect(errors).toEqual([]);
  return draft;
};

it("streams are external assets unless a run may sync them", async () => {
  const draft = await indexed({});
  expect(draft?.assets.map(({ key, unit, group, kinds, url }) => [key, unit, group, kinds, url])).toEqual([
    ["shop/customers", null, "shop", ["airbyte"], "https://airbyte.example.com/shop"],
    ["shop/order_items", null, "shop", ["airbyte"], "https://airbyte.example.com/shop"],
    ["raw/x", null, "shop", ["airbyte"], "https://airbyte.example.com/shop"],
  ]);
  expect(draft?.assets[1]).toMatchObject({ description: "Lines of orders", owners: ["team:sales"] });
});

it("all streams of a connection are one step, defined where the user called", async () => {
  const draft = await indexed({ triggerable: true, group: "bronze" });
  expect(draft?.units).toMatchObject([
    { kind: "multi", assets: ["shop/customers", "shop/order_items", "raw/x"], subset: false, resources: ["airbyte"] },
  ]);
  expect(draft?.assets.map(({ group, source }) => [group, source?.file.endsWith("airbyte-assets.test.ts")])).toEqual(
    Array.from({ length: 3 }, () => ["bronze", true]),
  );
});

it("a run syncs the connection once and materializes all its streams", async () => {
  server.afterCall = ({ operation, parameters }) =>
    operation.operationId === "getJob" &&
    server.update(Number(parameters["jobId"]), { status: "succeeded", rowsSynced: 42, duration: "PT9S" });
  const [shop] = assetsOf({ triggerable: true });
  if (shop?.kind !== "multiAsset") throw new Error("expected a multi-asset");
  const below = defineAsset({ key: "bronze/customers", deps: Object.values(shop.outputs), run: () => undefined });
  const result = await materialize([shop, below]);
  expect(result.failures).toEqual([]);
  expect(server.calls.filter((call) => call === "createJob")).toHaveLength(1);
  for (const key of ["shop/customers", "shop/order_items", "raw/x"]) {
    expect(result.materialization(key)?.metadata).toMatchObject({
      airbyte_job_id: { value: 101 },
      airbyte_job_rows: { value: 42 },
      airbyte_duration: { value: "PT9S" },
      airbyte_connection: { type: "url", value: "https://airbyte.example.com/shop" },
    });
  }
  expect(result.materialization("bronze/customers")).toBeDefined();
});

it("a run fails with its sync, and cancels it when it is canceled", async () => {
  server.afterCall = ({ operation, parameters }) =>
    operation.operationId === "getJob" && server.update(Number(parameters["jobId"]), { status: "failed" });
  const failed = await materialize(assetsOf({ triggerable: true }));
  expect(failed.failures[0]?.message).toBe(`AirbyteError: Airbyte job 101 of connection ${SHOP} failed.`);
  expect([...failed.steps.values()]).toMatchObject([{ outcome: "failed", retryable: true }]);
  const cancelled = server.add({ status: "running" });
  server.afterCall = ({ operation }) => operation.operationId === "getJob" && server.update(cancelled.jobId, { status: "cancelled" });
  const stopped = await materialize(assetsOf({ triggerable: true }));
  expect([...stopped.steps.values()]).toMatchObject([{ outcome: "failed", retryable: false }]);
  const controller = new AbortController();
  server.afterCall = ({ operation }) => operation.operationId === "getJob" && controller.abort();
  const canceled = await materialize(assetsOf({ triggerable: true, pollEvery: 60 }), { signal: controller.signal });
  expect([...canceled.steps.values()].map(({ outcome }) => outcome)).toEqual(["canceled"]);
  expect([...server.jobs.values()].at(-1)?.status).toBe("cancelled");
});
