/** A code location with more of everything than fits on a page: schedules, conditions, partitions, and a sensor that fails with a long line. */
import { writeProject } from "./project-shell.ts";

export const SCHEDULES = 240;
export const CONDITIONS = 230;
export const LONG_LINE = `no such bucket: s3://${"x".repeat(400)}`;

export function writeCrowdedProject(folder: string): void {
  writeProject(folder, {
    name: "crowded",
    code: `import { setTimeout as sleep } from "node:timers/promises";
import { automation, dailyPartitions, defineAsset, defineCodeLocation, defineJob, defineSchedule, defineSensor } from "@headgate/sdk";

const number = (index: number) => String(index).padStart(3, "0");
const noop = defineAsset({ key: "noop", run: () => undefined });
const busy = defineAsset({ key: "busy", run: async ({ signal }) => { await sleep(600_000, undefined, { signal }); } });
const daily = defineAsset({ key: "daily", partitions: dailyPartitions({ start: "2023-11-25" }), run: () => undefined });
const followers = Array.from({ length: ${CONDITIONS} }, (_, index) =>
  defineAsset({ key: "followers/f" + number(index), deps: [noop], automation: automation.onCron("0 3 1 1 *"), run: () => undefined }));
const job = defineJob({ name: "load", selection: "noop" });

export default defineCodeLocation({
  name: "crowded",
  assets: [noop, busy, daily, ...followers],
  jobs: [job],
  schedules: [
    ...Array.from({ length: ${SCHEDULES} }, (_, index) => defineSchedule({ name: "yearly_" + number(index), job, cron: "0 3 1 1 *" })),
    defineSchedule({ name: "minutely", job, cron: "* * * * *" }),
  ],
  sensors: [defineSensor({ name: "failing", job, every: "2s", evaluate: () => { throw new RangeError(${JSON.stringify(LONG_LINE)}); } })],
});
`,
  });
}
