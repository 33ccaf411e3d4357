/** A code location whose schedules and sensors do everything but ask for a plain run: they report, change keys, throw, and wait. */
import { writeProject } from "./project-shell.ts";

export function writeQuietAutomation(folder: string): void {
  writeProject(folder, {
    name: "quiet",
    code: `import {
  addPartitions, automation, checkResult, dailyPartitions, defineAsset, defineCodeLocation, defineJob, defineSchedule, defineSensor, defineWebhookSensor,
  dynamicPartitions, multiPartitions, reportMaterialization, runRequest, defineSourceAsset, staticPartitions,
} from "@headgate/sdk";

const checked = defineAsset({ key: "checked", run: () => undefined });
const check = checked.check({ name: "holds", run: () => checkResult({ passed: true }) });
const tenant = defineAsset({ key: "tenant", partitions: dynamicPartitions("tenants"), run: () => undefined });
const matrix = defineAsset({
  key: "matrix",
  partitions: multiPartitions({ day: dailyPartitions({ start: "2025-01-01", end: "2025-02-01" }), region: staticPartitions(["eu", "us"]) }),
  run: () => undefined,
});
const followed = defineAsset({ key: "followed", run: () => undefined });
const follower = defineAsset({ key: "follower", deps: [followed], automation: automation.eager(), run: () => undefined });
const { and, assetMatches, executionFailed, not, missing, newlyUpdated } = automation;
const picky = defineAsset({
  key: "picky",
  automation: and(not(executionFailed()), not(missing()), assetMatches("followed", newlyUpdated()), assetMatches("checked", missing())),
  run: () => undefined,
});
const orders = defineSourceAsset({ key: "ext/orders" });
const job = defineJob({ name: "j", selection: "checked", priority: 4 });

export default defineCodeLocation({
  name: "quiet",
  assets: [checked, check, tenant, matrix, followed, follower, picky, orders],
  jobs: [job],
  schedules: [defineSchedule({ name: "yearly", job, cron: "0 0 1 1 *", timezone: "Asia/Tokyo" })],
  sensors: [
    defineSensor({
      name: "reports", job, every: "1h", defaultStatus: "stopped",
      evaluate: () => [addPartitions("tenants", ["acme"]), reportMaterialization(orders), reportMaterialization("no/such")],
    }),
    defineSensor({
      name: "mixed", job, every: "1h", defaultStatus: "stopped",
      evaluate: ({ log, setCursor }) => { log.info("looking around"); setCursor("two"); return [runRequest({ runKey: "k" }), reportMaterialization(orders)]; },
    }),
    defineSensor({ name: "throws", job, every: "1h", defaultStatus: "stopped", evaluate: () => { throw new RangeError("x".repeat(300)); } }),
    defineWebhookSensor({ name: "signed", job, map: { runKey: "id" } }),
    defineWebhookSensor({ name: "hook", job, verify: "none", map: { runKey: "id", tags: { what: "$headers.x-event" } } }),
  ],
});
`,
  });
}
