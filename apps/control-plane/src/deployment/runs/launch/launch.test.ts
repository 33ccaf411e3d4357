/** What launching plans, refuses and remembers. */
import { describe, expect, it } from "vitest";
import { assetsOf, manifest } from "../../../../test/support/manifests.ts";
import { TestDeployment } from "../../../testing/test-deployment.ts";

describe("launching", () => {
  it("queues a run with a step for each selected unit", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [], b: ["a"], c: [] })));
    const run = deployment.launch({ selection: "+b" });
    expect(deployment.runStatus(run)).toBe("queued");
    expect(deployment.rows("SELECT key FROM step")).toEqual([{ key: "a" }, { key: "b" }]);
    const agent = deployment.agent();
    expect(agent.steps()).toEqual(["a"]);
    agent.succeed("a");
    agent.succeed("b");
    expect(deployment.runStatus(run)).toBe("succeeded");
  });
});
