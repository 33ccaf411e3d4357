/** Large runs: a thousand steps in one run, wide and deep, with every event recorded. Prints the cost of a step; asserts only correctness. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, newDeployment, publish, rows } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { LiveClient } from "./support/live-client.ts";
import { assetsOf, dbtProject, manifest } from "./support/manifests.ts";

async function runAll(graph: Record<string, string[]>, options: { readonly watched?: boolean } = {}): Promise<number> {
  const steps = Object.keys(graph).length;
  const stub = newDeployment();
  await publish(stub, manifest(assetsOf(graph)));
  const agent = new FakeAgent();
  await agent.start(stub, { slots: 8 });
  const live = new LiveClient();
  if (options.watched) await live.connect(stub);
  const started = performance.now();
  const run = await launch(stub, { selection: "*" });
  if (options.watched) live.send({ t: "watch", runs: [{ run: run.id, after: 0 }] });
  let done = 0;
  while (done < steps) {
    await agent.waitFor(() => agent.jobs().length > done, "a job");
    const jobs = agent.jobs().slice(done);
    done += jobs.length;
    agent.report(...jobs.flatMap((job) => agent.success(job)));
  }
  await agent.reported({ k: "location", location: "lake", version: "v", state: "ready" });
  const perStep = (performance.now() - started) / steps;
  expect(unwrap(await stub.ask("runs.get", { run: run.id })).run).toMatchObject({ status: "succeeded", materialized: steps });
  const [count] = await rows(stub, "SELECT count(*) AS events, max(seq) AS seq FROM event");
  expect(count?.["events"]).toBe(count?.["seq"]);
  return perStep;
}

describe("large runs", () => {
  it("a run of a thousand steps is recorded completely", { timeout: 120_000 }, async () => {
    const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, []]));
    const chain = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`a${index}`, index === 0 ? [] : [`a${index - 1}`]]));
    const results = {
      wide: await runAll(wide(1000)),
      chain: await runAll(chain),
      "wide, watched": await runAll(wide(200), { watched: true }),
    };
    console.info(
      `milliseconds per step: ${JSON.stringify(results, (_key, value: unknown) => (typeof value === "number" ? Number(value.toFixed(2)) : value))}`,
    );
  });

  it("a step of ten thousand assets is recorded completely", { timeout: 120_000 }, async () => {
    const graph = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `layer${index % 10}/table_${index}`,
        index % 10 === 0 ? [] : [`layer${(index % 10) - 1}/table_${index - 1}`],
      ]),
    );
    const stub = newDeployment();
    const times: Record<string, number> = {};
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const started = performance.now();
      const result = await work();
      times[name] = Math.round(performance.now() - started);
      return result;
    };
    await timed("publish", () => publish(stub, manifest(dbtProject(graph))));
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await timed("launch", () => launch(stub, { selection: "*" }));
    const job = await agent.job("dbt:lake");
    expect(job.assets).toHaveLength(10_000);
    await timed("events", async () => {
      for (let start = 0; start < 10_000; start += 500) {
        await agent.reported(
          ...job.assets
            .slice(start, start + 500)
            .map((asset) => agent.event(job, { type: "asset_materialized", asset, metadata: { row_count: { type: "int", value: 1 } } })),
        );
      }
      await agent.reported(agent.done(job, { outcome: "succeeded" }));
    });
    expect(
      (await timed("states", async () => unwrap(await stub.ask("assets.states", { limit: 10_000 })))).items.every(
        (state) => state.health === "healthy",
      ),
    ).toBe(true);
    const { hash } = unwrap(await stub.ask("definitions.hash", undefined));
    await timed("document", () => stub.definitionsDocument({ hash }));
    await timed("home", () => stub.ask("home.get", undefined));
    expect(unwrap(await stub.ask("runs.list", { filter: {}, limit: 1 })).items[0]).toMatchObject({
      id: run.id,
      status: "succeeded",
      materialized: 10_000,
    });
    console.info(`ten thousand assets, milliseconds: ${JSON.stringify(times)}`);
  });
});
