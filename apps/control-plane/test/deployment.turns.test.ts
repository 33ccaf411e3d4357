/** Callers of one deployment take turns, also with the frames of agents. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { launch, newDeployment, publish, runStatus } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

describe("callers of a deployment", () => {
  it("a caller is answered before the waiting calls of another", async () => {
    const stub = newDeployment();
    const answered: string[] = [];
    const ask = async (caller: string) => {
      unwrap(await stub.ask("home.get", undefined, caller));
      answered.push(caller);
    };
    await Promise.all([...Array.from({ length: 20 }, () => ask("viewer")), ask("other")]);
    expect(answered.indexOf("other")).toBeLessThan(10);
  });

  it("reports that wait for a turn count before the agent's end", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    const job = await agent.job("a");
    for (let frame = 0; frame < 20; frame++) agent.send({ t: "slots", slots: 4 });
    agent.report(...agent.success(job));
    agent.disconnect(CLOSE.drained);
    await expect.poll(() => runStatus(stub, run.id)).toBe("succeeded");
  });
});
