/** A deployment of ten thousand assets fits into a Worker's memory, 128 MB on Cloudflare. workerd has no such limit here, so its heap gets one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { writeProject } from "./support/project-shell.ts";
import { removeFolder, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

const ASSETS = 10_000;
const HEAP_MB = 100;
const CODE = `import { automation, dailyPartitions, defineAsset, defineCodeLocation, defineJob } from "@headgate/sdk";
const key = (index) => "layer" + (index % 10) + "/model_" + String(index).padStart(5, "0");
const text = "One row per customer and day, with amounts in euros; made from orders and payments. ".repeat(5);
const assets = Array.from({ length: ${ASSETS} }, (_, index) =>
  defineAsset({
    key: key(index),
    deps: index < 10 ? [] : [key(index - 10), key(Math.max(0, index - 11))],
    description: text,
    owners: ["team:data"],
    group: "group" + (index % 30),
    tags: { domain: "domain" + (index % 20) },
    checks: { not_null: {}, unique: {} },
    ...(index % 10 === 9 ? { partitions: dailyPartitions({ start: "2024-01-01" }) } : {}),
    automation: automation.eager(),
    run: () => undefined,
  }),
);
export default defineCodeLocation({ name: "large", assets, jobs: [defineJob({ name: "plain", selection: "not key:\\"layer9/*\\"" })] });
`;

describe(`a deployment of ${ASSETS} assets with conditions, in a heap of ${HEAP_MB} MB`, () => {
  const folder = temporaryFolder("large");
  let stack: Stack;
  let workerd: readonly number[];
  beforeAll(async () => {
    writeProject(folder, { name: "large", code: CODE });
    stack = await startStack({ project: folder, env: { MINIFLARE_WORKERD_V8_FLAGS: `--max-old-space-size=${HEAP_MB}` } });
    workerd = stack.children().workerd;
  }, 180_000);
  afterAll(async () => {
    await stack?.stop();
    if (stack) removeFolder(stack.data);
    removeFolder(folder);
  });

  it("the deployment is published", async () => {
    const [location] = await stack.api.locations.list.query();
    expect(location).toMatchObject({ name: "large", status: "loaded", errors: [] });
    expect(location?.active?.counts).toMatchObject({ assets: ASSETS });
    expect(stack.children().workerd).toEqual(workerd);
  });

  it("runs, while its conditions look at every materialization", { timeout: 300_000 }, async () => {
    const started = Date.now();
    const { id } = await stack.api.runs.launch.mutate({ target: { job: "plain" } });
    await until(
      "a thousand assets are materialized",
      async () => (await stack.api.runs.get.query({ run: id })).run.materialized >= 1000,
      240_000,
    );
    console.log(`a thousand of ${ASSETS} assets in ${(Date.now() - started) / 1000} s`);
    await stack.api.runs.cancel.mutate({ run: id });
    await until("the run ends", async () => isTerminalRun((await stack.api.runs.get.query({ run: id })).run.status), 60_000);
    expect(stack.children().workerd).toEqual(workerd);
  });
});
