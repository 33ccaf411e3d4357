/** Dynamic partition keys: adding, removing, listing and searching. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { person, raw, type DeploymentObject } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { deployPartitioned, materializePartition, statusesOf } from "./support/partitioned.ts";

const customers: PartitionsDefinition = { type: "dynamic", name: "customers" };

const add = async (stub: DeploymentObject, ...keys: string[]) =>
  unwrap(await stub.perform("partitions.addKeys", { name: "customers", keys }, person));
const remove = async (stub: DeploymentObject, ...keys: string[]) =>
  unwrap(await stub.perform("partitions.removeKeys", { name: "customers", keys }, person));

describe("dynamic partition keys", () => {
  it("keys survive an eviction", async () => {
    const stub = await deployPartitioned(customers);
    const agent = new FakeAgent();
    await agent.start(stub);
    await add(stub, ...Array.from({ length: 20 }, (_, index) => `c${index}`));
    await remove(stub, "c3", "c4", "c19");
    for (const key of ["c0", "c5", "c6", "c18"]) await materializePartition(stub, agent, key);
    const before = await statusesOf(stub);
    await evictDurableObject(raw(stub));
    expect(await statusesOf(stub)).toEqual(before);
    expect(Object.keys(before).filter((key) => before[key] === "materialized")).toEqual(["c18", "c6", "c5", "c0"]);
    await add(stub, "new");
    await materializePartition(stub, agent, "new");
    expect((await statusesOf(stub))["new"]).toBe("materialized");
  });
});
