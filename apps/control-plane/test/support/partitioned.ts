/** Deployments with partitioned assets, and queries about them. */
import { expect } from "vitest";
import type { PartitionMapView } from "@headgate/shared/contract/assets/partitions.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { type DeploymentObject, launch, newDeployment, publish, runStatus } from "./deployment.ts";
import type { FakeAgent } from "./fake-agent.ts";
import { assetsOf, manifest } from "./manifests.ts";

/** All assets of the graph have these partitions. */
export async function deployPartitioned(
  partitions: PartitionsDefinition,
  graph: Record<string, string[]> = { a: [] },
): Promise<DeploymentObject> {
  const stub = newDeployment();
  await publish(stub, manifest(assetsOf(graph, { asset: { partitions } })));
  return stub;
}

/** Partition key -> status. */
export async function statusesOf(stub: DeploymentObject, key = "a"): Promise<Record<string, string>> {
  return Object.fromEntries(unwrap(await stub.ask("assets.partitions", { key, limit: 100 })).items.map((item) => [item.key, item.status]));
}

export async function partitionMap(
  stub: DeploymentObject,
  input: { readonly first?: string; readonly last?: string; readonly buckets?: number } = {},
): Promise<PartitionMapView> {
  return unwrap(await stub.ask("partitions.map", { key: "a", buckets: 400, ...input }));
}

export async function materializePartition(stub: DeploymentObject, agent: FakeAgent, partition: string): Promise<void> {
  const run = await launch(stub, { selection: "a", partition });
  await agent.reported(...agent.success(await agent.job(`a[${partition}]`)));
  expect(await runStatus(stub, run.id)).toBe("succeeded");
}
