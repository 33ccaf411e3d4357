/** Lists and details: filters, pages, cursors, and what a run is shown to wait for. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { assetDetail, listAssetStates } from "../asset-pages/asset-queries.ts";
import { readHome } from "../home/home.ts";
import { listAgents } from "./agent-queries.ts";
import { listRunsQuery, previewLaunch, runDetail, runEvents } from "./run-queries.ts";

const lake = manifest({ ...assetsOf({ a: [], b: ["a"] }), jobs: [{ name: "nightly", selection: "*" }] });
type RunFilter = Parameters<typeof listRunsQuery>[1]["filter"];
const list = (deployment: TestDeployment, filter: RunFilter = {}, page: { limit?: number; cursor?: string | null } = {}) =>
  unwrap(listRunsQuery(deployment.engine.reader(), { filter, limit: page.limit ?? 50, cursor: page.cursor ?? undefined }));

async function threeRuns() {
  const deployment = await TestDeployment.with(lake);
  const ids = [
    deployment.launch({ selection: "a" }, { tags: { team: "core" } }),
    deployment.launch({ job: "nightly" }),
    deployment.launch({ selection: "b" }),
  ];
  return { deployment, ids };
}

describe("lists of runs", () => {
  it("the list of runs goes page by page without repeating any", async () => {
    const { deployment, ids } = await threeRuns();
    const first = list(deployment, {}, { limit: 2 });
    const second = list(deployment, {}, { limit: 2, cursor: first.next });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.toReversed());
    expect(second.next).toBeNull();
  });

  it("the list of runs refuses a foreign cursor", async () => {
    const { deployment } = await threeRuns();
    const result = listRunsQuery(deployment.engine.reader(), { filter: {}, limit: 2, cursor: "nonsense" });
    expect(result).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });

  it("the list of runs filters by status, job, asset, text and time", async () => {
    const { deployment, ids } = await threeRuns();
    deployment.agent({ slots: 1 }).succeed("a");
    const found = (filter: RunFilter) => list(deployment, filter).items.map(({ id }) => ids.indexOf(id));
    expect(found({ statuses: ["succeeded"] })).toEqual([0]);
    expect(found({ job: "nightly" })).toEqual([1]);
    expect(found({ asset: "b" })).toEqual([2, 1]);
    expect(found({ text: "core" })).toEqual([0]);
    expect(found({ createdAfter: deployment.now + 1 })).toEqual([]);
  });
});

describe("run pages", () => {
  it("the page of a run shows what each step waits for", async () => {
    const { deployment, ids } = await threeRuns();
    const detail = unwrap(runDetail(deployment.engine.reader(), ids[1] ?? ""));
    expect(detail.run).toMatchObject({ status: "queued", job: "nightly", waiting: { kind: "no_agent" } });
    expect(detail.steps.map(({ key, waiting }) => [key, waiting?.kind])).toEqual([
      ["a", "no_agent"],
      ["b", "upstream"],
    ]);
    expect(runDetail(deployment.engine.reader(), "none")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("the page of a run reads events after a given number", async () => {
    const { deployment, ids } = await threeRuns();
    const agent = deployment.agent({ slots: 1 });
    agent.succeed("a");
    const run = ids[0] ?? "";
    const all = unwrap(runEvents(deployment.engine.reader(), { run, after: 0, limit: 1000 }));
    expect(all.events.map(({ seq }) => seq)).toEqual(all.events.map((_event, index) => index + 1));
    const some = unwrap(runEvents(deployment.engine.reader(), { run, after: 2, limit: 2 }));
    expect(some.events.map(({ seq }) => seq)).toEqual([3, 4]);
    expect([some.done, all.done]).toEqual([false, true]);
    const steps = unwrap(runEvents(deployment.engine.reader(), { run, after: 0, limit: 1000, types: ["step_succeeded"] }));
    expect(steps.events).toHaveLength(1);
  });

  it("the page of a run previews what a launch would execute", async () => {
    const { deployment } = await threeRuns();
    const preview = unwrap(previewLaunch(deployment.engine.reader(), { target: { selection: "+b", checksOnly: false } }));
    expect(preview).toMatchObject({ assets: [{ key: "a" }, { key: "b" }] });
    expect(deployment.rows("SELECT count(*) AS n FROM run")).toEqual([{ n: 3 }]);
  });
});

describe("pages", () => {
  it("pages show the states of assets a page at a time", async () => {
    const { deployment } = await threeRuns();
    const first = unwrap(listAssetStates(deployment.engine.reader(), { limit: 1 }));
    const second = unwrap(listAssetStates(deployment.engine.reader(), { limit: 1, cursor: first.next ?? undefined }));
    expect([...first.items, ...second.items].map(({ key }) => key)).toEqual(["a", "b"]);
    expect(unwrap(assetDetail(deployment.engine.reader(), "b"))).toMatchObject({ state: { key: "b", health: "unknown" } });
    expect(assetDetail(deployment.engine.reader(), "none").ok).toBe(false);
  });

  it("pages show agents with their slots and status", async () => {
    const { deployment } = await threeRuns();
    deployment.agent({ instance: "instance-a", slots: 2 });
    expect(listAgents(deployment.engine.reader())).toMatchObject([{ instance: "instance-a", slots: 2, status: "connected" }]);
  });

  it("pages show failed runs and assets as problems on the first page", async () => {
    const { deployment } = await threeRuns();
    deployment.agent({ slots: 1 }).fail("a");
    const home = unwrap(readHome(deployment.engine.reader()));
    expect(home.problems.length).toBeGreaterThan(0);
  });
});
