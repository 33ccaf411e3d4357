/** What dashboards are told: changes after each commit, what they missed, and events of runs that they watch. */
import { describe, expect, it } from "vitest";
import type { Change, LiveDown, LiveUp } from "@headgate/shared/contract/live/messages.ts";
import { LIVE_VERSION } from "@headgate/shared/contract/live/version.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { SOCKET_HEADERS } from "../kernel/socket-headers.ts";

const lake = manifest(assetsOf({ a: [], b: ["a"] }));

/** A dashboard that said hello. */
function dashboard(deployment: TestDeployment, since: { stream: string; seq: number } | null = null) {
  const socket = deployment.socket({ [SOCKET_HEADERS.kind]: "live", [SOCKET_HEADERS.token]: "session" });
  const frames: LiveDown[] = [];
  const closed: number[] = [];
  socket.addEventListener("message", (event) => frames.push(JSON.parse((event as MessageEvent).data as string) as LiveDown));
  socket.addEventListener("close", (event) => closed.push((event as Event & { code: number }).code));
  socket.accept();
  const send = (frame: LiveUp) => socket.send(JSON.stringify(frame));
  send({ t: "hello", version: LIVE_VERSION, since });
  const changes = (): Change[] => frames.flatMap((frame) => (frame.t === "changes" ? frame.changes : []));
  return { socket, frames, closed, send, changes, all: (t: string) => frames.filter((frame) => frame.t === t) };
}

describe("dashboards", () => {
  it("a dashboard is welcomed with the place in the stream", async () => {
    const deployment = await TestDeployment.with(lake);
    const { frames } = dashboard(deployment);
    expect(frames[0]).toMatchObject({ t: "welcome" });
  });

  it("a dashboard gets each change after its commit, with growing numbers", async () => {
    const deployment = await TestDeployment.with(lake);
    const live = dashboard(deployment);
    deployment.launch({ selection: "a" });
    const agent = deployment.agent();
    agent.succeed("a");
    const numbers = live.all("changes").map((frame) => (frame as { seq: number }).seq);
    expect(numbers.length).toBeGreaterThan(2);
    expect(numbers).toEqual(numbers.map((_number, index) => (numbers[0] ?? 0) + index));
    expect(JSON.stringify(live.changes())).toContain("succeeded");
  });

  it("a dashboard gets nothing of a transaction that failed", async () => {
    const deployment = await TestDeployment.with(lake);
    const live = dashboard(deployment);
    const before = live.frames.length;
    expect(() => deployment.launch({ selection: "key:none" })).toThrow();
    expect(live.frames).toHaveLength(before);
  });

  it("a dashboard that comes back gets what it missed", async () => {
    const deployment = await TestDeployment.with(lake);
    const first = dashboard(deployment);
    const [welcome] = first.frames;
    // Frames are kept while a dashboard looks.
    deployment.launch({ selection: "a" });
    const since = welcome?.t === "welcome" ? { stream: welcome.stream, seq: welcome.seq } : null;
    const again = dashboard(deployment, since);
    expect(again.changes().length).toBeGreaterThan(0);
    expect(again.changes()).toEqual(first.changes());
  });

  it("a dashboard that watches a run gets its events", async () => {
    const deployment = await TestDeployment.with(lake);
    const live = dashboard(deployment);
    const run = deployment.launch({ selection: "a" });
    live.send({ t: "watch", runs: [{ run, after: 0 }] });
    deployment.agent().succeed("a");
    expect(JSON.stringify(live.frames)).toContain("asset_materialized");
  });

  it("a dashboard that wants a step's output makes its agent send it", async () => {
    const deployment = await TestDeployment.with(lake);
    const live = dashboard(deployment);
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "a" });
    live.send({ t: "tail", target: { run, step: "a" } });
    expect(agent.last("tail")).toEqual({ t: "tail", run, step: "a", on: true });
    agent.send({ t: "tail", run, step: "a", stream: "stdout", text: "hello" });
    expect(JSON.stringify(live.frames)).toContain("hello");
    live.socket.close(1000);
    expect(agent.last("tail")).toMatchObject({ on: false });
  });

  it("a dashboard that sends something malformed is told, and closed", async () => {
    const deployment = await TestDeployment.with(lake);
    const live = dashboard(deployment);
    live.socket.send("no JSON");
    expect(live.all("error")).toHaveLength(1);
    expect(live.closed).toHaveLength(1);
  });
});
