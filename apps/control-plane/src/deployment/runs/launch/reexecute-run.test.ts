/** Running an ended run again: all of it, what failed, or some of its steps. */
import { describe, expect, it } from "vitest";
import { assetsOf, manifest } from "../../../../test/support/manifests.ts";
import { person, TestDeployment } from "../../../testing/test-deployment.ts";
import { reexecuteRun } from "./reexecute-run.ts";

type Input = Parameters<typeof reexecuteRun>[1];
const again = (deployment: TestDeployment, input: Input) => deployment.commit((tx) => reexecuteRun(tx, input, person));
const stepsOf = (deployment: TestDeployment, no: number) =>
  deployment.rows("SELECT key FROM step WHERE run_no = ? ORDER BY position", no).map(({ key }) => key);

/** `a` succeeded, `b` failed, `c` behind it was skipped. */
async function failedRun() {
  const deployment = await TestDeployment.with(manifest(assetsOf({ a: [], b: ["a"], c: ["b"] })));
  const agent = deployment.agent();
  const run = deployment.launch({ selection: "*" }, { tags: { team: "core" }, priority: 4, config: { size: 1 } });
  agent.succeed("a");
  agent.fail("b");
  expect(deployment.runStatus(run)).toBe("failed");
  return { deployment, agent, run };
}

describe("re-execution", () => {
  it("a repeated run from its failure leaves out what succeeded", async () => {
    const { deployment, run } = await failedRun();
    expect(again(deployment, { run, mode: "from_failure" })).toEqual({ ok: true, value: 2 });
    expect(stepsOf(deployment, 2)).toEqual(["b", "c"]);
  });

  it("a repeated run has the same steps, tags, config and priority", async () => {
    const { deployment, run } = await failedRun();
    again(deployment, { run, mode: "all" });
    expect(stepsOf(deployment, 2)).toEqual(["a", "b", "c"]);
    const [row] = deployment.rows("SELECT parent, priority, tags, config FROM run WHERE no = 2");
    expect(row).toEqual({ parent: run, priority: 4, tags: '{"team":"core"}', config: '{"size":1}' });
  });

  it("a repeated run with selected steps repeats only these", async () => {
    const { deployment, run } = await failedRun();
    again(deployment, { run, mode: "selected", steps: ["c"] });
    expect(stepsOf(deployment, 2)).toEqual(["c"]);
  });

  it("a repeated run twice with one request id is made once", async () => {
    const { deployment, run } = await failedRun();
    const first = again(deployment, { run, mode: "all", requestId: "r" });
    expect(again(deployment, { run, mode: "all", requestId: "r" })).toEqual(first);
    expect(deployment.rows("SELECT count(*) AS n FROM run")).toEqual([{ n: 2 }]);
  });

  it("a repeated run must have ended", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    const run = deployment.launch({ selection: "a" });
    expect(again(deployment, { run, mode: "all" })).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(again(deployment, { run: "no-such-run", mode: "all" })).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("a repeated run needs all of its assets to be defined", async () => {
    const { deployment, run } = await failedRun();
    deployment.publish(manifest(assetsOf({ a: [], b: ["a"] })));
    expect(again(deployment, { run, mode: "all" })).toMatchObject({
      ok: false,
      error: { code: "conflict", details: { assets: ["c"] } },
    });
  });
});
