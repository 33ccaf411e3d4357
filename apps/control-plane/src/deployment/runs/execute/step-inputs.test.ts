/** Tests what a step is told about its inputs: the partitions to load, and which of them were never made. */
import { describe, expect, it } from "vitest";
import type { PartitionMapping, PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { changeDynamicKeys } from "../../assets/dynamic-keys.ts";
import { manifest } from "../../../../test/support/manifests.ts";
import { person, TestDeployment } from "../../../testing/test-deployment.ts";

const days: PartitionsDefinition = { type: "time", cadence: "daily", start: "2030-01-01" };
const hours: PartitionsDefinition = { type: "time", cadence: "hourly", start: "2030-01-01-00:00" };
const regions: PartitionsDefinition = { type: "static", keys: ["eu", "us"] };
const customers: PartitionsDefinition = { type: "dynamic", name: "customers" };
const both: PartitionsDefinition = {
  type: "multi",
  dimensions: [
    { name: "day", partitions: { type: "time", cadence: "daily", start: "2030-01-01" } },
    { name: "region", partitions: { type: "static", keys: ["eu", "us"] } },
  ],
};

interface Sides {
  readonly up?: PartitionsDefinition;
  readonly down?: PartitionsDefinition;
  readonly mapping?: PartitionMapping;
  readonly retry?: { readonly maxRetries: number; readonly delaySeconds: number };
}

function project({ up, down, mapping, retry }: Sides) {
  return manifest({
    assets: [
      { key: "up", unit: "up", deps: [], ...(up && { partitions: up }) },
      { key: "down", unit: "down", deps: [{ key: "up", input: "rows", ...(mapping && { mapping }) }], ...(down && { partitions: down }) },
    ],
    units: ["up", "down"].map((id) => ({ id, kind: "asset" as const, assets: [id], ...(retry && { retry }) })),
  });
}

async function deploy(sides: Sides) {
  const deployment = await TestDeployment.with(project(sides));
  const agent = deployment.agent();
  const start = (selection: string, partition?: string): JobFrame => {
    deployment.launch({ selection, ...(partition !== undefined && { partition }) });
    return agent.last("job");
  };
  const make = (...keys: (string | undefined)[]) => {
    for (const key of keys) agent.succeed(start("up", key));
  };
  return { deployment, agent, start, make };
}

const input = (keys: readonly string[] | null, never: readonly string[] = [], missing: readonly string[] = []) => [
  { input: "rows", asset: "up", keys, missing, never },
];

describe("a step", () => {
  it("a step is told the hours of its day", async () => {
    const { start, make } = await deploy({ up: hours, down: days });
    make("2030-01-02-00:00", "2030-01-02-02:00");
    const keys = Array.from({ length: 24 }, (_, hour) => `2030-01-02-${String(hour).padStart(2, "0")}:00`);
    const made = new Set([keys[0], keys[2]]);
    expect(start("down", "2030-01-02").inputs).toEqual(
      input(
        keys,
        keys.filter((key) => !made.has(key)),
      ),
    );
  });

  it("a step is told the region of a combination", async () => {
    const { start, make } = await deploy({ up: regions, down: both });
    make("eu");
    expect(start("down", "2030-01-02|eu").inputs).toEqual(input(["eu"]));
    expect(start("down", "2030-01-02|us").inputs).toEqual(input(["us"], ["us"]));
  });

  it("a step is told what was made for `all` and `last`", async () => {
    const all = await deploy({ up: days, mapping: { type: "all" } });
    expect(all.start("down").inputs).toEqual(input([]));
    all.make("2030-01-03", "2030-01-01");
    expect(all.start("down").inputs).toEqual(input(["2030-01-01", "2030-01-03"]));
    const last = await deploy({ up: days, mapping: { type: "last" } });
    last.make("2030-01-03", "2030-01-01");
    expect(last.start("down").inputs).toEqual(input(["2030-01-03"]));
  });

  it("a step is told each partition of a range", async () => {
    const { start, make } = await deploy({ up: days, down: days });
    make("2030-01-02...2030-01-04");
    const job = start("down", "2030-01-02...2030-01-04");
    const keys = ["2030-01-02", "2030-01-03", "2030-01-04"];
    expect(job.partition?.keys).toEqual(keys);
    expect(job.inputs).toEqual(input(keys));
  });

  it("a step is told keys that the upstream does not have", async () => {
    const mapping = { type: "specific", keys: ["eu", "moon"] } as const;
    const { start } = await deploy({ up: regions, mapping });
    expect(start("down").inputs).toEqual(input(["eu"], ["eu"], ["moon"]));
  });

  it("a step of a dynamic partition is told the same key", async () => {
    const { deployment, start, make } = await deploy({ up: customers, down: customers });
    deployment.done((tx) => changeDynamicKeys(tx, { name: "customers", add: ["acme", "apex"], remove: [], by: person.name }));
    make("apex");
    expect(start("down", "apex").inputs).toEqual(input(["apex"]));
    expect(start("down", "acme").inputs).toEqual(input(["acme"], ["acme"]));
  });

  it("a step without partitions is told whether its upstream was made", async () => {
    const { start, make } = await deploy({});
    expect(start("down").inputs).toEqual(input(null, ["up"]));
    make(undefined);
    expect(start("down").inputs).toEqual(input(null));
  });

  it("a step with too many keys is told none", async () => {
    const { deployment, agent } = await deploy({ up: { ...hours, start: "2029-01-01-00:00" }, mapping: { type: "all" } });
    deployment.launch({ selection: "up", partition: "2029-01-01-00:00...2029-06-01-00:00" });
    const wide = agent.last("job");
    expect(wide.partition).not.toHaveProperty("keys");
    expect(wide.partition?.range?.count).toBeGreaterThan(3000);
    agent.succeed(wide);
    deployment.launch({ selection: "down" });
    expect(agent.last("job")).not.toHaveProperty("inputs");
  });

  it("a step with keys that are too long is told none", async () => {
    const { deployment, start, make } = await deploy({ up: customers, mapping: { type: "all" } });
    const add = Array.from({ length: 1000 }, (_, index) => `${index}-${"京".repeat(300)}`);
    deployment.done((tx) => changeDynamicKeys(tx, { name: "customers", add, remove: [], by: person.name }));
    make(`${add[0]}...${add[999]}`);
    expect(start("down")).not.toHaveProperty("inputs");
  });

  it("a step that is retried is told what was made meanwhile", async () => {
    const { deployment, agent, start, make } = await deploy({ up: days, down: days, retry: { maxRetries: 1, delaySeconds: 30 } });
    const job = start("down", "2030-01-02...2030-01-03");
    expect(job.inputs).toEqual(input(["2030-01-02", "2030-01-03"], ["2030-01-02", "2030-01-03"]));
    const failure = { kind: "upstream_failed", message: "no value" } as const;
    const part = { type: "asset_materialized", asset: "down", metadata: {}, partition: "2030-01-02" } as const;
    agent.report(agent.started(job), agent.event(job, part), agent.done(job, { outcome: "failed", failure, retryable: true }));
    make("2030-01-02...2030-01-03");
    deployment.pass(60_000);
    const again = agent.last("job");
    expect(again).toMatchObject({ step: job.step, attempt: 2, partition: job.partition });
    expect(again.inputs).toEqual(input(["2030-01-02", "2030-01-03"]));
  });
});
