/** Webhooks inside the object: sensors with user code, failures of storage and retention. Also the timeline of runs and ticks. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { DeliverySummary } from "@headgate/shared/contract/automations/webhook-views.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { fireTimers, newDeployment, person, publish, raw, rows, type DeploymentObject } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

type Sensor = NonNullable<Parameters<typeof manifest>[0]["sensors"]>[number];
const jobs = [{ name: "load", selection: "*" }];
const encoder = new TextEncoder();

async function deploymentWith(sensor: Partial<Sensor>): Promise<{ readonly stub: DeploymentObject; readonly hook: string }> {
  const stub = newDeployment();
  const full: Sensor = { name: "files", kind: "webhook", job: "load", webhook: { verify: "none" }, ...sensor };
  await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, sensors: [full] }));
  const [hook = ""] = await stub.webhookIds();
  return { stub, hook };
}

const send = (stub: DeploymentObject, hook: string, body: unknown, id?: string) =>
  stub.deliver({
    hook,
    pathSecret: null,
    method: "POST",
    headers: { "content-type": "application/json", ...(id !== undefined && { "webhook-id": id }) },
    query: {},
    body: encoder.encode(JSON.stringify(body)),
  });
const deliveries = async (stub: DeploymentObject): Promise<readonly DeliverySummary[]> =>
  unwrap(await stub.ask("webhooks.deliveries", { location: "lake", sensor: "files", limit: 50 })).items;

describe("webhook sensors with user code", () => {
  it("deliveries wait for an agent through an eviction, and get their outcome", async () => {
    const { stub, hook } = await deploymentWith({});
    const first = unwrap(await send(stub, hook, { n: 1 }, "one"));
    expect(unwrap(await send(stub, hook, { n: 1 }, "one"))).toEqual({ ...first, repeated: true });
    unwrap(await send(stub, hook, { n: 2 }, "two"));
    await fireTimers(stub, "sensor_event");
    await evictDurableObject(raw(stub));
    expect((await deliveries(stub)).map((row) => row.state)).toEqual(["pending", "pending"]);
    const agent = new FakeAgent();
    await agent.start(stub);
    await fireTimers(stub, "sensor_event");
    const tick = await agent.next("tick");
    expect(tick.events).toMatchObject([
      { type: "webhook", delivery: first.delivery, method: "POST", body: { n: 1 } },
      { type: "webhook", body: { n: 2 } },
    ]);
    await agent.reported({
      k: "tick",
      tick: tick.tick,
      result: { outcome: "evaluated", cursor: null, runs: [{ runKey: "k", tags: {} }], logs: [] },
    });
    const [two, one] = await deliveries(stub);
    expect([one, two].map((row) => row?.state)).toEqual(["requested", "requested"]);
    expect(one?.runs).toHaveLength(1);
    expect(one?.tick).not.toBeNull();
    // A replayed delivery is handled again, and its run key makes no second run.
    unwrap(await stub.perform("webhooks.replay", { id: first.delivery }, person));
    const twice = await stub.perform("webhooks.replay", { id: first.delivery }, person);
    expect(twice).toMatchObject({ ok: false, error: { code: "conflict" } });
    await fireTimers(stub, "sensor_event");
    await agent.waitFor(() => agent.frames.filter((frame) => frame.t === "tick").length === 2);
    const again = agent.frames.findLast((frame) => frame.t === "tick");
    await agent.reported({
      k: "tick",
      tick: again?.tick ?? "",
      result: { outcome: "evaluated", cursor: null, runs: [{ runKey: "k", tags: {} }], logs: [] },
    });
    expect((await deliveries(stub)).at(-1)).toMatchObject({ id: first.delivery, state: "skipped" });
    expect(await rows(stub, "SELECT id FROM run")).toHaveLength(1);
  });
});
