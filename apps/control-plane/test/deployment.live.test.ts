/** Live updates of dashboards, and what they get after a reconnect. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, newDeployment, publish, raw } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { LiveClient } from "./support/live-client.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

describe("live updates", () => {
  it("a dashboard sees a whole run in numbered frames without gaps", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [], b: ["a"] })));
    const live = new LiveClient();
    const welcome = await live.connect(stub);
    expect(welcome).toMatchObject({ refetch: true, definitions: unwrap(await stub.ask("definitions.hash", undefined)).hash });
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    live.send({ t: "watch", runs: [{ run: run.id, after: 0 }] });
    await agent.reported(...agent.success(await agent.job("a")));
    await agent.reported(...agent.success(await agent.job("b")));
    await live.until(() => live.changes().some((change) => change.type === "run" && change.run.status === "succeeded"));

    const numbers = live.frames.flatMap((frame) => (frame.t === "changes" ? [frame.seq] : []));
    expect(numbers).toEqual(numbers.map((_n, index) => welcome.seq + 1 + index));
    const last = <T>(list: T[]) => list.at(-1);
    const changes = live.changes();
    expect(last(changes.filter((change) => change.type === "asset" && change.asset.key === "b"))).toMatchObject({
      asset: { health: "healthy", inProgress: null },
    });
    expect(last(changes.filter((change) => change.type === "step" && change.step.key === "b"))).toMatchObject({
      step: { status: "succeeded", deps: ["a"] },
    });
    expect(changes.some((change) => change.type === "step_asset" && change.asset.status === "succeeded")).toBe(true);
    expect(changes.some((change) => change.type === "agent" && change.agent.running === 1)).toBe(true);
    const events = live.frames.flatMap((frame) => (frame.t === "events" ? frame.events : []));
    expect(events.map((event) => event.seq)).toEqual(
      unwrap(await stub.ask("runs.events", { run: run.id, after: 0, limit: 100 })).events.map((event) => event.seq),
    );
  });

  it("a dashboard that was away gets missed frames or fetches again", async () => {
    const stub = newDeployment();
    const live = new LiveClient();
    const other = new LiveClient();
    await other.connect(stub);
    const { stream, seq } = await live.connect(stub);
    live.close();
    await live.until(() => live.closed !== null);
    await publish(stub, manifest(assetsOf({ a: [] })));
    const missed = new LiveClient();
    expect((await missed.connect(stub, { stream, seq })).refetch).toBe(false);
    await missed.until(() => missed.changes().some((change) => change.type === "definitions"));
    expect((await new LiveClient().connect(stub, { stream: "another", seq })).refetch).toBe(true);
    await evictDurableObject(raw(stub));
    expect((await new LiveClient().connect(stub, { stream, seq })).refetch).toBe(true);
  });

  it("a dashboard stays connected through hibernation and gets the next number", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const live = new LiveClient();
    const { seq, stream } = await live.connect(stub);
    await evictDurableObject(raw(stub));
    const run = await launch(stub, { selection: "a" });
    await live.until(() => live.changes().some((change) => change.type === "run" && change.run.id === run.id));
    expect(live.frames.find((frame) => frame.t === "changes")).toMatchObject({ seq: seq + 1 });
    expect((await new LiveClient().connect(stub, { stream, seq: seq + 1 })).refetch).toBe(false);
  });

  it("an agent sends raw output only while a dashboard shows it", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "a" });
    await agent.job("a");
    const [one, two] = [new LiveClient(), new LiveClient()];
    await one.connect(stub);
    await two.connect(stub);
    one.send({ t: "tail", target: { run: run.id, step: "a" } });
    expect(await agent.next("tail")).toMatchObject({ on: true });
    two.send({ t: "tail", target: { run: run.id, step: "a" } });
    agent.send({ t: "tail", run: run.id, step: "a", stream: "stdout", text: "hello\n" });
    await one.until(() => one.frames.some((frame) => frame.t === "tail" && frame.text === "hello\n"));
    one.send({ t: "tail", target: null });
    two.close();
    await agent.waitFor(() => agent.frames.some((frame) => frame.t === "tail" && !frame.on));
  });

  it("a dashboard that sends nonsense gets an error and is disconnected", async () => {
    const stub = newDeployment();
    const live = new LiveClient();
    await live.connect(stub);
    live.sendText("nonsense");
    await live.until(() => live.closed !== null);
    expect(live.frames.at(-1)).toMatchObject({ t: "error" });
  });

  it("raw output comes only from the agent that has the step", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const [owner, other] = [new FakeAgent(), new FakeAgent()];
    await owner.start(stub);
    const run = await launch(stub, { selection: "a" });
    await owner.job("a");
    await other.start(stub);
    const live = new LiveClient();
    await live.connect(stub);
    live.send({ t: "tail", target: { run: run.id, step: "a" } });
    await owner.next("tail");
    const line = { t: "tail", run: run.id, step: "a", stream: "stdout" } as const;
    other.send({ ...line, text: "forged" });
    await other.reported({ k: "location", location: "lake", version: "v", state: "ready" });
    owner.send({ ...line, text: "real" });
    await live.until(() => live.frames.some((frame) => frame.t === "tail"));
    expect(live.frames.flatMap((frame) => (frame.t === "tail" ? [frame.text] : []))).toEqual(["real"]);
  });
});
