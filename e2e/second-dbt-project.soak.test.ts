/** An unrelated dbt project of 300 models becomes a code location with ten lines, is published and runs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { generateDbtProject, type GeneratedProject } from "./support/generated-dbt-project.ts";
import { removeFolder, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

const MODELS = 300;

describe("a second, unrelated dbt project", () => {
  const folder = temporaryFolder("second-dbt");
  let stack: Stack;
  let made: GeneratedProject;
  beforeAll(async () => {
    made = generateDbtProject(folder, MODELS);
    stack = await startStack({ project: folder });
  }, 180_000);
  afterAll(async () => {
    await stack?.stop();
    if (stack) removeFolder(stack.data);
    removeFolder(folder);
  });

  it("publishes every model as an asset and every test as a check", async () => {
    const [location] = await stack.api.locations.list.query();
    expect(location).toMatchObject({ name: "warehouse", status: "loaded", errors: [] });
    expect(location?.active?.counts).toMatchObject({ assets: MODELS, checks: made.tests });
  });

  it("materializes all of them in one run, with live progress per model", { timeout: 400_000 }, async () => {
    const run = await stack.api.runs.launch.mutate({ target: { job: "everything" } });
    const progress = await until(
      "some but not all models are done",
      async () => {
        const detail = await stack.api.runs.get.query({ run: run.id });
        if (isTerminalRun(detail.run.status)) throw new Error(`the run ended (${detail.run.status}) before progress was seen`);
        return detail.run.materialized > 0 && detail.run.materialized < MODELS ? detail.run.materialized : null;
      },
      180_000,
    );
    expect(progress).toBeLessThan(MODELS);
    const detail = await until(
      "the run ends",
      async () => {
        const found = await stack.api.runs.get.query({ run: run.id });
        return isTerminalRun(found.run.status) ? found : null;
      },
      300_000,
    );
    expect(detail.run).toMatchObject({ status: "succeeded", materialized: MODELS });
    const states = await stack.api.assets.states.query({ limit: 1000 });
    expect(states.items.filter((state) => state.materialized?.rowCount === null).map((state) => state.key)).toEqual([]);
    const { rowCount } = (await stack.api.assets.get.query({ key: "staging/staging_003" })).state.materialized ?? { rowCount: null };
    expect(rowCount).toBe(23);
    console.log(`${MODELS} models and ${made.tests} tests in ${((detail.run.endedAt ?? 0) - detail.run.createdAt) / 1000} s`);
  });

  it("runs one model with what is upstream of it", { timeout: 120_000 }, async () => {
    const preview = await stack.api.runs.preview.query({ target: { selection: "+marts/marts_004" } });
    const run = await stack.api.runs.launch.mutate({ target: { selection: "+marts/marts_004" } });
    const detail = await until(
      "the run ends",
      async () => {
        const found = await stack.api.runs.get.query({ run: run.id });
        return isTerminalRun(found.run.status) ? found : null;
      },
      100_000,
    );
    expect(detail.run).toMatchObject({ status: "succeeded", materialized: preview.assets.length });
    expect(preview.assets.length).toBeGreaterThan(2);
    expect(preview.assets.length).toBeLessThan(10);
  });
});
