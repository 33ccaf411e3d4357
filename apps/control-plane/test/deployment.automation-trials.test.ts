/** Trying ticks out: what they would ask for, and that nothing of it is stored or started. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { newDeployment, person, publish, raw } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";
const jobs = [{ name: "nightly", selection: "*" }];
const ref = (kind: "schedule" | "sensor", name: string) => ({ location: "lake", kind, name }) as const;

async function started() {
  const stub = newDeployment();
  await publish(
    stub,
    manifest({
      ...assetsOf({ a: [] }, { asset: { partitions: { type: "time", cadence: "daily", start: "2027-06-01" } } }),
      jobs,
      schedules: [
        { name: "plain", job: "nightly", cron: ["@daily"], tags: { by: "clock" }, defaultStatus: "stopped" },
        { name: "decides", job: "nightly", cron: ["@daily"], evaluated: true, defaultStatus: "stopped" },
      ],
      sensors: [
        { name: "files", kind: "polling", job: "nightly", defaultStatus: "stopped" },
        { name: "hook", kind: "webhook", webhook: { verify: "none" }, job: "nightly" },
        {
          name: "mapped",
          kind: "webhook",
          webhook: { verify: "none", map: { runKey: "id", tags: { what: "$headers.x-event", team: "$query.team" } } },
          job: "nightly",
          evaluated: false,
        },
        { name: "assets", kind: "asset", assets: ["a"], job: "nightly" },
      ],
    }),
  );
  return stub;
}

describe("a tick that is tried out", () => {
  it("shows the error of user code, ignores answers of others, and is refused without an agent or such a sensor", async () => {
    const stub = await started();
    expect(await stub.perform("automations.test", ref("sensor", "files"), person)).toMatchObject({
      ok: false,
      error: { code: "unavailable" },
    });
    expect(await stub.perform("automations.test", ref("sensor", "filez"), person)).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
    const [agent, other] = [new FakeAgent(), new FakeAgent()];
    await agent.start(stub);
    const before = agent.frames.length;
    const trial = stub.perform("automations.test", ref("sensor", "files"), person);
    const frame = await agent.next("tick", before);
    await other.start(stub);
    await other.reported({ k: "tick", tick: frame.tick, result: { outcome: "failed", message: "forged" } });
    agent.report({ k: "tick", tick: frame.tick, result: { outcome: "failed", message: "boom", stack: "at x" } });
    expect(unwrap(await trial)).toMatchObject({ outcome: "failed", message: "boom", stack: "at x" });
    // Long after, or after the object was started anew, an answer is of no interest.
    await evictDurableObject(raw(stub));
    await agent.reported({ k: "tick", tick: frame.tick, result: { outcome: "failed", message: "late" } });
    expect(unwrap(await stub.ask("automations.get", ref("sensor", "files"))).automation).toMatchObject({
      failuresInARow: 0,
      lastTick: null,
    });
    unwrap(await stub.perform("automations.setEnabled", { ...ref("sensor", "files"), enabled: null }, person));
  });
});
