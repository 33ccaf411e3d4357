/** A code location in which much starts by itself: a sensor with a cursor, a schedule, an asset sensor and partitions to fill in. */
import { writeProject } from "./project-shell.ts";

/** Run keys that the sensor asks for, three a tick, one of them at a checkpoint. */
export const KEYS = 36;

export function writeTickingProject(folder: string): void {
  writeProject(folder, {
    name: "ticking",
    code: `import { setTimeout as sleep } from "node:timers/promises";
import { dailyPartitions, defineAsset, defineAssetSensor, defineCodeLocation, defineJob, defineSchedule, defineSensor, runRequest, select, skip } from "@headgate/sdk";

const retry = { maxRetries: 6, delay: 0.2 };
const work = async ({ signal }: { signal: AbortSignal }) => { await sleep(80, undefined, { signal }); };
const fed = defineAsset({ key: "fed", retry, run: work });
const followed = defineAsset({ key: "followed", retry, run: work });
const clocked = defineAsset({ key: "clocked", retry, run: work });
const days = dailyPartitions({ start: "2025-01-01", end: "2025-03-01" });
const day = defineAsset({ key: "day", partitions: days, retry, run: work });
const report = defineAsset({ key: "report", partitions: days, deps: [day], retry, run: work });

const feed = defineJob({ name: "feed", selection: select.keys("fed") });
const follow = defineJob({ name: "follow", selection: select.keys("followed") });
const clock = defineJob({ name: "clock", selection: select.keys("clocked") });

const feeder = defineSensor({
  name: "feeder",
  job: feed,
  every: "1s",
  timeout: "20s",
  async *evaluate({ cursor, setCursor, checkpoint }) {
    const from = Number(cursor ?? 0);
    if (from >= ${KEYS}) yield skip("nothing left");
    for (let key = from + 1; key <= Math.min(from + 3, ${KEYS}); key++) {
      yield runRequest({ runKey: \`k\${key}\`, tags: { key: String(key) } });
      setCursor(String(key));
      if (key % 3 === 1) checkpoint();
      await sleep(30);
    }
  },
});
const follower = defineAssetSensor({ name: "follower", assets: ["fed"], job: follow });
const everyMinute = defineSchedule({ name: "every_minute", job: clock, cron: "* * * * *", catchUp: { within: "1h" } });

export default defineCodeLocation({
  name: "ticking",
  assets: [fed, followed, clocked, day, report],
  jobs: [feed, follow, clock],
  schedules: [everyMinute],
  sensors: [feeder, follower],
});
`,
  });
}
