/** Dynamic partition keys: adding, removing, listing and searching. */
import { describe, expect, it } from "vitest";
import { eager } from "@headgate/shared/domain/automation/build.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, newDeployment, person, publish, rows, runStatus, type DeploymentObject } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { deployPartitioned, materializePartition, partitionMap, statusesOf } from "../../../test/support/partitioned.ts";

const customers: PartitionsDefinition = { type: "dynamic", name: "customers" };
const regions: PartitionsDefinition = { type: "static", keys: ["eu", "us"] };

const add = async (stub: DeploymentObject, ...keys: string[]) =>
  unwrap(await stub.perform("partitions.addKeys", { name: "customers", keys }, person));
const remove = async (stub: DeploymentObject, ...keys: string[]) =>
  unwrap(await stub.perform("partitions.removeKeys", { name: "customers", keys }, person));

describe("dynamic partition keys", () => {
  it("a key is a partition from its addition to its removal", async () => {
    const stub = await deployPartitioned(customers);
    const agent = new FakeAgent();
    await agent.start(stub);
    expect((await launch(stub, { selection: "a", partition: "acme" }).catch((error: Error) => error)) as Error).toMatchObject({
      message: 'a has no partition "acme". It has no partitions yet.',
    });
    expect(await add(stub, "acme", "umbrella", "acme")).toEqual({ name: "customers", count: 2, assets: ["a"] });
    await materializePartition(stub, agent, "acme");
    expect(await statusesOf(stub)).toEqual({ umbrella: "missing", acme: "materialized" });
    expect(unwrap(await stub.ask("assets.states", { limit: 10 })).items[0]?.partitions).toEqual({ total: 2, materialized: 1, failed: 0 });
    expect(await remove(stub, "acme")).toMatchObject({ count: 1 });
    expect(await statusesOf(stub)).toEqual({ umbrella: "missing" });
    // A key that is added again is a new partition without a history.
    await add(stub, "acme");
    expect(await statusesOf(stub)).toEqual({ acme: "missing", umbrella: "missing" });
  });

  it("keys are listed newest first, searched and paged", async () => {
    const stub = await deployPartitioned(customers);
    await add(stub, "Acme", "beta", "acme-eu", "gamma");
    const page = unwrap(await stub.ask("partitions.keys", { name: "customers", limit: 3 }));
    expect(page.items.map(({ key, addedBy }) => [key, addedBy])).toEqual([
      ["gamma", person.name],
      ["acme-eu", person.name],
      ["beta", person.name],
    ]);
    const rest = unwrap(await stub.ask("partitions.keys", { name: "customers", limit: 3, cursor: page.next }));
    expect(rest.items.map(({ key }) => key)).toEqual(["Acme"]);
    expect(rest.next).toBeNull();
    const found = unwrap(await stub.ask("partitions.keys", { name: "customers", text: "ACME", limit: 10 }));
    expect(found.items.map(({ key }) => key)).toEqual(["acme-eu", "Acme"]);
    expect(unwrap(await stub.ask("partitions.sets", undefined))).toEqual([{ name: "customers", count: 4, assets: ["a"] }]);
  });

  it("keys of an unknown set and ambiguous keys are refused", async () => {
    const stub = await deployPartitioned(customers);
    expect(await stub.perform("partitions.addKeys", { name: "custmers", keys: ["a"] }, person)).toMatchObject({
      ok: false,
      error: { code: "not_found", message: 'There is no dynamic partition set "custmers". There are customers.' },
    });
    for (const key of ["a...b", "a|b", "", "a\nb"])
      expect(await stub.perform("partitions.addKeys", { name: "customers", keys: ["fine", key] }, person)).toMatchObject({
        ok: false,
        error: { code: "invalid_input" },
      });
    expect(unwrap(await stub.ask("partitions.sets", undefined))).toMatchObject([{ count: 0 }]);
  });

  it("a hundred thousand keys are opened once and stored compactly", async () => {
    const stub = await deployPartitioned(customers);
    const agent = new FakeAgent();
    await agent.start(stub);
    await rows(
      stub,
      `INSERT INTO dynamic_key (name, key, no, added_at, added_by) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT 'customers', 'key-' || i, i, 0, 'x' FROM n`,
    );
    await rows(stub, "INSERT INTO meta (key, value) VALUES ('dynamic_key_number', '100001')");
    const run = await launch(stub, { selection: "a", partition: "key-1...key-100000" });
    await agent.reported(...agent.success(await agent.job("a[key-1...key-100000]")));
    expect(await runStatus(stub, run.id)).toBe("succeeded");
    await add(stub, "one-more");
    expect((await partitionMap(stub, { buckets: 2 })).counts).toEqual({
      total: 100_001,
      materialized: 100_000,
      failed: 0,
      inProgress: 0,
      missing: 1,
    });
    expect(await rows(stub, "SELECT materialized FROM asset_partition")).toEqual([{ materialized: '{"d":[1,100001]}' }]);
  });

  it("a condition on missing partitions makes added keys", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] }, { asset: { partitions: customers, automation: eager() } })));
    const agent = new FakeAgent();
    await agent.start(stub);
    await add(stub, "acme");
    await agent.reported(...agent.success(await agent.job("a[acme]")));
    expect(await statusesOf(stub)).toEqual({ acme: "materialized" });
    expect(unwrap(await stub.ask("conditions.evaluations", { target: "a", requestedOnly: true, limit: 1 })).items[0]?.cause).toContain(
      "acme joined partition set customers",
    );
  });

  it("a removed key leaves the materialized combinations", async () => {
    const stub = await deployPartitioned({
      type: "multi",
      dimensions: [
        { name: "customer", partitions: customers },
        { name: "region", partitions: regions },
      ],
    });
    const agent = new FakeAgent();
    await agent.start(stub);
    await add(stub, "acme", "beta");
    await materializePartition(stub, agent, "acme|eu");
    await remove(stub, "acme");
    await add(stub, "acme");
    expect(await statusesOf(stub)).toEqual({ "beta|eu": "missing", "beta|us": "missing", "acme|eu": "missing", "acme|us": "missing" });
  });
});
