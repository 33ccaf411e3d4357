/** The code location of the compatibility tests: a little of everything that a control plane stores and an agent runs. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const LOCATION = "compat";
/** While the file that this variable names exists, the steps and ticks that hold wait. */
export const HOLD_VARIABLE = "HEADGATE_COMPAT_HOLD";

/** `root` is the repository whose SDK the project uses. */
export function writeCompatProject(folder: string, root: string): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), `{ "name": "compat", "private": true, "type": "module" }\n`);
  writeFileSync(
    join(folder, "headgate.config.ts"),
    `import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "${LOCATION}", entry: "location.ts" }] });\n`,
  );
  writeLocation(folder, "first");
}

/** Another `edition` is another version of the code location. */
export function writeLocation(folder: string, edition: string): void {
  writeFileSync(join(folder, "location.ts"), code(edition));
}

const code = (edition: string): string => `import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  automation, dailyPartitions, defineAsset, defineAssetCheck, defineAssetSensor, defineCodeLocation, defineJob, defineSchedule, defineSensor,
  defineWebhookSensor, dynamicPartitions, materialization, NonRetryableError, runRequest, select,
} from "@headgate/sdk";

const hold = async (signal: AbortSignal) => {
  const file = process.env["${HOLD_VARIABLE}"];
  while (file !== undefined && existsSync(file)) await sleep(50, undefined, { signal });
};
const rows = (count: number) => materialization({ metadata: { row_count: count } });

const first = defineAsset({ key: "first", description: "${edition} edition", run: ({ log }) => { log.info("first is made"); return rows(3); } });
const second = defineAsset({ key: "second", deps: [first], run: () => rows(4) });
const follows = defineAsset({ key: "follows", deps: [first], automation: automation.eager(), run: () => rows(5) });
const held = defineAsset({ key: "held", run: async ({ signal, log }) => { log.info("before"); await hold(signal); log.info("after"); return rows(6); } });
const fails_once = defineAsset({
  key: "fails_once",
  retry: { maxRetries: 1, delaySeconds: 0.2 },
  run: ({ run }) => { if (run.attempt === 1) throw new Error("fails at the first attempt"); return rows(7); },
});
const fails_long = defineAsset({
  key: "fails_long",
  retry: { maxRetries: 1, delaySeconds: 240 },
  run: ({ run }) => { if (run.attempt === 1) throw new Error("fails at the first attempt"); return rows(8); },
});
const broken = defineAsset({ key: "broken", run: () => { throw new NonRetryableError("broken on purpose"); } });
const days = dailyPartitions({ start: "2025-01-01", end: "2025-01-07" });
const daily = defineAsset({ key: "daily", partitions: days, run: async ({ partition, signal }) => { if (partition.key >= "2025-01-03") await hold(signal); return rows(9); } });
const customer = defineAsset({ key: "customer", partitions: dynamicPartitions("customers"), run: () => rows(10) });
const has_rows = defineAssetCheck("first", "has_rows", { run: () => true });

const chain = defineJob("chain", { selection: select.keys("first", "second") });
const holding = defineJob("holding", { selection: select.keys("held") });
const retried = defineJob("retried", { selection: select.keys("fails_once") });
const clocked = defineJob("clocked", { selection: select.keys("second") });

const counter = defineSensor({
  name: "counter", job: clocked, every: "1d",
  async *evaluate({ cursor, setCursor }) {
    const next = Number(cursor ?? 0) + 1;
    yield runRequest({ runKey: \`key-\${next}\`, tags: { number: String(next) } });
    setCursor(String(next));
  },
});
const follower = defineAssetSensor({
  name: "follower", assets: ["first"], job: clocked, timeout: "10m",
  async *evaluate({ event, signal }) { await hold(signal); yield runRequest({ tags: { followed: event.asset } }); },
});
const orders = defineWebhookSensor({ name: "orders", job: clocked, verify: "secret", map: { when: [{ path: "kind", equals: "order" }], runKey: "id" } });
const every_minute = defineSchedule({ name: "every_minute", job: clocked, cron: "* * * * *", defaultStatus: "stopped" });
const nightly = defineSchedule({ name: "nightly", job: chain, cron: "0 3 * * *", defaultStatus: "stopped" });

export default defineCodeLocation({
  name: "${LOCATION}",
  assets: [first, second, follows, held, fails_once, fails_long, broken, daily, customer, has_rows],
  jobs: [chain, holding, retried, clocked],
  schedules: [every_minute, nightly],
  sensors: [counter, follower, orders],
});
`;
