/** The zone of the agent's machine changes nothing: windows, batches, snapshots, Dates and Pipes give the same in each. */
import { describe, expect, it, onTestFinished } from "vitest";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { removeFolder, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";
import { DAY, writeZonedProject } from "./support/zoned-project.ts";

describe.each(["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])("an agent in %s", (zone) => {
  it("makes the same values as one in UTC", { timeout: 180_000 }, async () => {
    const folder = temporaryFolder("zoned");
    writeZonedProject(folder);
    const stack = await startStack({ project: folder, env: { TZ: zone } });
    onTestFinished(async () => {
      await stack.stop();
      removeFolder(stack.data);
      removeFolder(folder);
    });
    await succeed(stack, { selection: "lake/events or lake/history" });
    await succeed(stack, { selection: "lake/daily", partition: DAY });
    await succeed(stack, { selection: "code/*", partition: DAY });
    const texts = async (key: string): Promise<Record<string, unknown>> => {
      const { metadata } = await stack.api.assets.get.query({ key });
      return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, "value" in value ? value.value : null]));
    };
    // The clocks of Paris go forward on this day, so it has 23 hours.
    expect(await texts("code/python")).toMatchObject({
      start: "2025-03-30T00:00:00+01:00",
      end: "2025-03-31T00:00:00+02:00",
      local: "1970-01-01T00:00:00",
    });
    const dates = await texts("code/dates");
    expect(dates).toMatchObject({
      ids: "1,2,3",
      start: "2025-03-29T23:00:00.000Z",
      end: "2025-03-30T22:00:00.000Z",
      local: "Thu Jan 01 1970 00:00:00 GMT+0000",
    });
    expect(Math.abs(Number(dates["snapshot_minutes_ago"]))).toBeLessThan(25);
  });
});

async function succeed(stack: Stack, target: { readonly selection: string; readonly partition?: string }): Promise<void> {
  const { id } = await stack.api.runs.launch.mutate({ target });
  const run = await until(
    `the run of ${target.selection} ends`,
    async () => {
      const detail = await stack.api.runs.get.query({ run: id });
      return isTerminalRun(detail.run.status) && detail;
    },
    120_000,
  );
  expect(run.run.status, JSON.stringify(run.steps.map(({ failure }) => failure))).toBe("succeeded");
}
