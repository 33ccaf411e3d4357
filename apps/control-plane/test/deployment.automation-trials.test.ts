/** Dry runs of ticks: the requests are shown, and nothing is stored or started. */
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

describe("dry runs", () => {
  it("errors of user code are shown, and foreign answers are ignored", async () => {
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
    // An answer that comes late or after a restart is ignored.
    await evictDurableObject(raw(stub));
    await agent.reported({ k: "tick", tick: frame.tick, result: { outcome: "failed", message: "late" } });
    expect(unwrap(await stub.ask("automations.get", ref("sensor", "files"))).automation).toMatchObject({
      failuresInARow: 0,
      lastTick: null,
    });
    unwrap(await stub.perform("automations.setEnabled", { ...ref("sensor", "files"), enabled: null }, person));
  });
});
