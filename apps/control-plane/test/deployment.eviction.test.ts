/** The object may lose its memory at any time without harm. While nothing happens, nothing wakes it. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, newDeployment, publish, raw, rows, runStatus, type DeploymentObject } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { deployPartitioned } from "./support/partitioned.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

const evict = (stub: DeploymentObject) => evictDurableObject(raw(stub));
const alarmOf = (stub: DeploymentObject) => runInDurableObject(raw(stub), (_instance, state) => state.storage.getAlarm());

describe("an evicted deployment", () => {
  it("an evicted deployment answers everything as before", async () => {
    const stub = newDeployment();
    await publish(
      stub,
      manifest({
        ...assetsOf({ a: [], b: ["a"] }),
        jobs: [{ name: "all", selection: "*" }],
        schedules: [{ name: "daily", job: "all", cron: ["@daily"] }],
      }),
    );
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { job: "all" });
    await agent.reported(...agent.success(await agent.job("a")));
    const look = async () => {
      const hash = unwrap(await stub.ask("definitions.hash", undefined)).hash;
      return {
        hash,
        document: unwrap(await stub.definitionsDocument({ hash })),
        home: unwrap(await stub.ask("home.get", undefined)),
        states: unwrap(await stub.ask("assets.states", { limit: 10 })),
        asset: unwrap(await stub.ask("assets.get", { key: "a" })),
        events: unwrap(await stub.ask("assets.events", { key: "a", limit: 10 })),
        run: unwrap(await stub.ask("runs.get", { run: run.id })),
        log: unwrap(await stub.ask("runs.events", { run: run.id, after: 0, limit: 100 })),
        locations: unwrap(await stub.ask("locations.list", undefined)),
        versions: unwrap(await stub.ask("locations.versions", { location: "lake", limit: 10 })),
        agents: unwrap(await stub.ask("agents.list", undefined)),
        alarm: await alarmOf(stub),
      };
    };
    const before = await look();
    await evict(stub);
    expect(await look()).toEqual(before);
  });

  it("stale partitions are the same after an eviction", async () => {
    const stub = await deployPartitioned({ type: "static", keys: ["eu", "us"] }, { a: [], b: ["a"] });
    const agent = new FakeAgent();
    await agent.start(stub);
    const materialize = async (selection: string, partition: string) => {
      await launch(stub, { selection, partition });
      await agent.reported(...agent.success(await agent.job(`${selection}[${partition}]`)));
    };
    for (const key of ["eu", "us"]) await materialize("b", key);
    await evict(stub);
    await materialize("a", "us");
    const look = async () =>
      unwrap(await stub.ask("assets.partitions", { key: "b", limit: 10 })).items.map(({ key, stale }) => [key, stale]);
    expect(await look()).toEqual([
      ["eu", undefined],
      ["us", true],
    ]);
    await evict(stub);
    expect(await look()).toEqual([
      ["eu", undefined],
      ["us", true],
    ]);
    expect(unwrap(await stub.ask("assets.stale", undefined))).toMatchObject([{ key: "b", causes: [{ dependency: "a", partitions: 1 }] }]);
  });

  it("a run continues over the same sockets after an eviction", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [], b: ["a"], c: ["b"] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    for (const step of ["a", "b", "c"]) {
      const job = await agent.job(step);
      await evict(stub);
      await agent.reported(agent.started(job));
      await evict(stub);
      await agent.reported(agent.done(job, { outcome: "succeeded" }));
    }
    expect(await runStatus(stub, run.id)).toBe("succeeded");
    expect(agent.closed).toBeNull();
  });

  it("sockets that vanished with the old instance are noticed", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    await evictDurableObject(raw(stub), { webSockets: "close" });
    expect(unwrap(await stub.ask("agents.list", undefined))).toMatchObject([{ status: "disconnected" }]);
    expect((await launch(stub, { selection: "*" })).waiting?.kind).toBe("no_agent");
  });

  it("a lease outlives the time in which the object was away", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "*" });
    await agent.reported(agent.started(await agent.job("a")));
    // An hour ago the agent was seen last and the check was due.
    const hourAgo = Date.now() - 3_600_000;
    await rows(stub, `UPDATE agent SET last_seen_at = ${hourAgo}`);
    await rows(stub, `UPDATE step SET assigned_at = ${hourAgo}`);
    await rows(stub, `UPDATE timer SET at = ${hourAgo} WHERE kind = 'lease_check'`);
    await evictDurableObject(raw(stub), { webSockets: "close" });
    await stub.ask("home.get", undefined);
    await runDurableObjectAlarm(raw(stub));
    expect(await rows(stub, "SELECT status, lost FROM step")).toEqual([{ status: "running", lost: 0 }]);
    // The timer remembers, so another eviction changes nothing.
    await evict(stub);
    await runDurableObjectAlarm(raw(stub));
    expect(await rows(stub, "SELECT status, lost FROM step")).toEqual([{ status: "running", lost: 0 }]);
  });

  it("a lost alarm is set again if work was due", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] }, { unit: { retry: { maxRetries: 1, delaySeconds: 3600 } } })));
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "*" });
    const job = await agent.job("a");
    await agent.reported(agent.done(job, { outcome: "failed", failure: { kind: "user_code", message: "no" }, retryable: true }));
    await runInDurableObject(raw(stub), (_instance, state) => state.storage.deleteAlarm());
    await rows(stub, "UPDATE timer SET at = 1 WHERE kind = 'step_retry'");
    await evict(stub);
    await stub.ask("home.get", undefined);
    await agent.job("a", 2);
  });
});

describe("an idle deployment", () => {
  it("an idle deployment has no alarm, and pings do not wake it", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    expect(await alarmOf(stub)).toBeNull();
    const run = await launch(stub, { selection: "*" });
    expect(await alarmOf(stub)).not.toBeNull();
    await agent.reported(...agent.success(await agent.job("a")));
    expect(await runStatus(stub, run.id)).toBe("succeeded");
    expect(await alarmOf(stub)).toBeNull();
    expect(await runDurableObjectAlarm(raw(stub))).toBe(false);

    // Only an idle instance can be evicted with open sockets. The platform answers the ping.
    await evict(stub);
    let pongs = 0;
    agent.onPong(() => pongs++);
    for (let i = 0; i < 3; i++) agent.sendText("p");
    await agent.waitFor(() => pongs === 3);
    await expect(evict(stub)).rejects.toThrow("not currently running");
  });
});
