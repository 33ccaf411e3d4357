/** What a definition says about being on before a person switches its code location. */
import { describe, expect, it } from "vitest";
import { automation, defineAsset, defineCodeLocation, defineJob, defineSchedule, defineSensor, runRequest } from "@headgate/sdk";
import { createRuntime } from "@headgate/sdk/runtime";
import { makeFolders } from "./run-step.test-support.ts";

async function indexed(status: "running" | "stopped" | undefined) {
  const eager = automation.eager();
  const table = defineAsset({
    key: "table",
    automation: status === undefined ? eager : { condition: eager, defaultStatus: status },
    run: () => 1,
  });
  const check = table.check({ name: "fine", automation: { condition: eager, defaultStatus: status }, run: () => true });
  const job = defineJob({ name: "all", selection: "*" });
  const schedule = defineSchedule({ job, cron: "@daily", defaultStatus: status });
  const sensor = defineSensor({ name: "files", job, every: "5s", defaultStatus: status, evaluate: () => runRequest() });
  const location = defineCodeLocation({ name: "shop", assets: [table, check], jobs: [job], schedules: [schedule], sensors: [sensor] });
  const folders = await makeFolders();
  const { draft, errors } = await createRuntime(location).index({ ...folders, env: {} });
  expect(errors).toEqual([]);
  return {
    asset: draft?.assets[0]?.automationStatus,
    check: draft?.checks[0]?.automationStatus,
    schedule: draft?.schedules[0]?.defaultStatus,
    sensor: draft?.sensors[0]?.defaultStatus,
    condition: draft?.assets[0]?.automation,
  };
}

describe("the default status", () => {
  it.each(["running", "stopped", undefined] as const)("%s is published as it is", async (status) => {
    const condition = automation.eager();
    expect(await indexed(status)).toEqual({ asset: status, check: status, schedule: status, sensor: status, condition });
  });

  it("another word as the status of a condition is refused", async () => {
    const table = defineAsset({
      key: "table",
      // @ts-expect-error -- "on" is no status
      automation: { condition: automation.eager(), defaultStatus: "on" },
      run: () => 1,
    });
    const folders = await makeFolders();
    const location = defineCodeLocation({ name: "shop", assets: [table] });
    const { errors } = await createRuntime(location).index({ ...folders, env: {} });
    expect(errors.map(({ message }) => message)).toEqual([`Asset "table": its 'defaultStatus' must be "running" or "stopped", not "on".`]);
  });
});
