import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { testJob } from "./test-location.ts";

describe("connection", () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(async () => {
    expect(fixture.plane.problems).toEqual([]);
    await fixture.close();
  });

  async function connected(): Promise<void> {
    await fixture.plane.until("connected", () => fixture.plane.hellos.length > 0 && fixture.plane.socket !== null);
  }

  it("a socket cut in mid-step loses and doubles nothing", async () => {
    const { plane } = fixture;
    await fixture.start();
    await connected();
    plane.lease(testJob("chatty", { config: { lines: 200 } }));
    for (const line of [20, 80, 140]) {
      await plane.until(`line ${line}`, () => plane.eventsOf("chatty").length > line);
      plane.cut();
    }
    expect(await plane.doneOf("chatty")).toEqual({ outcome: "succeeded" });
    const lines = plane.eventsOf("chatty").flatMap((event) => (event.type === "log" ? [event.message.trim()] : []));
    expect(lines).toEqual(Array.from({ length: 200 }, (_, index) => `line ${index + 1}`));
    expect(plane.hellos.length).toBeGreaterThan(1);
    expect(new Set(plane.hellos.map((hello) => hello.instance)).size).toBe(1);
  });

  it("a step that ended without connection is not started again", async () => {
    const { plane } = fixture;
    await fixture.start();
    await connected();
    plane.lease(testJob("wait", { config: { ms: 100 } }));
    await plane.until("it runs", () => plane.eventsOf("wait").length > 0);
    plane.listening = false;
    await plane.until("its end was sent", () =>
      plane.frames.some((frame) => frame.t === "batch" && frame.items.some((item) => item.k === "done")),
    );
    plane.listening = true;
    plane.cut();
    expect(await plane.doneOf("wait")).toEqual({ outcome: "succeeded" });
    expect(plane.hellos.at(-1)).toMatchObject({ running: [], unacknowledged: [{ run: "run-1", step: "wait", epoch: 1 }] });
    expect(plane.eventsOf("wait").filter((event) => event.type === "step_started")).toHaveLength(1);
  });

  it("an attempt that the control plane does not know is dropped silently", async () => {
    const { plane } = fixture;
    const agent = await fixture.start();
    await connected();
    // Sent without a lease: at the next hello the control plane says drop.
    plane.send(testJob("wait"));
    await plane.until("it runs", () => plane.eventsOf("wait").some((event) => event.type === "log"));
    plane.cut();
    await plane.until("it is gone", () => plane.hellos.length === 2 && agent.snapshot().running === 0);
    plane.lease(testJob("noop"));
    await plane.doneOf("noop");
    expect(plane.donesOf("wait")).toEqual([]);
  });

  it("a silent control plane makes the agent reconnect", async () => {
    const { plane } = fixture;
    plane.answersPings = false;
    await fixture.start({ timing: { pingIntervalMs: 30, pongTimeoutMs: 120 } });
    await plane.until("it connected again", () => plane.hellos.length >= 2);
    plane.answersPings = true;
    plane.lease(testJob("noop"));
    await plane.doneOf("noop");
  });

  it("malformed and unknown frames are ignored with a log line", async () => {
    const { plane, lines } = fixture;
    await fixture.start();
    await connected();
    for (const text of [
      "not json",
      "[]",
      '{"t":"future","x":1}',
      '{"t":"job","run":7}',
      '{"t":"ack","s":"many"}',
      '{"t":"ack","s":999999}',
    ])
      plane.sendText(text);
    plane.socket?.send(Buffer.from([1, 2, 3]), { binary: true });
    plane.lease(testJob("noop"));
    expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
    expect(plane.hellos).toHaveLength(1);
    expect(lines.filter((line) => line.message.startsWith("ignored a frame"))).toHaveLength(6);
  });

  it("a reset control plane gets everything again under a new instance", async () => {
    const { plane } = fixture;
    const agent = await fixture.start();
    await connected();
    plane.lease(testJob("noop"));
    await plane.doneOf("noop");
    await plane.until("all acknowledged", () => agent.snapshot().acknowledged === agent.snapshot().nextItem - 1);
    plane.received.clear();
    plane.lease(testJob("chatty", { config: { lines: 20 } }));
    plane.cut();
    expect(await plane.doneOf("chatty")).toEqual({ outcome: "succeeded" });
    expect(new Set(plane.hellos.map((hello) => hello.instance)).size).toBe(2);
  });

  it("a wrong token ends an agent that may exit, with advice", async () => {
    const { plane } = fixture;
    const agent = await fixture.start({ config: { token: { from: "value", value: "wrong" }, exitOnRefusal: true } });
    expect(await agent.exited).toMatchObject({
      exit: "token_refused",
      message: expect.stringContaining("wrong, expired or revoked") as unknown,
    });
    expect(plane.connectAttempts).toBe(1);
  });

  it("a revoked agent waits until its token file changes", async () => {
    const { plane, dataDir, lines } = fixture;
    const path = join(dataDir, "token");
    writeFileSync(path, `${plane.token}\n`);
    await fixture.start({ config: { token: { from: "file", path } } });
    await connected();
    plane.socket?.close(4003, "revoked");
    await plane.until("it understood", () => lines.find((line) => line.level === "error" && line.message.includes("revoked")));
    writeFileSync(path, "still wrong");
    await plane.until("it tried the new token", () => plane.connectAttempts === 2);
    writeFileSync(path, plane.token);
    await plane.until("it is back", () => plane.hellos.length === 2);
    expect(plane.connectAttempts).toBe(3);
  });

  it("a running step survives a new token in the file", async () => {
    const { plane, dataDir } = fixture;
    const path = join(dataDir, "token");
    writeFileSync(path, plane.token);
    await fixture.start({ config: { token: { from: "file", path }, exitOnRefusal: true } });
    await connected();
    plane.lease(testJob("print-slowly"));
    await plane.until("it runs", () => plane.eventsOf("print-slowly").length > 0);
    writeFileSync(path, "test-agent-token-2");
    plane.token = "test-agent-token-2";
    plane.socket?.close(4003, "revoked");
    expect(await plane.doneOf("print-slowly")).toEqual({ outcome: "succeeded" });
    await plane.until("its output is stored", () => plane.logs.some((log) => log.final));
    expect(new Set(plane.hellos.map((hello) => `${hello.instance} ${hello.key}`)).size).toBe(1);
    expect(plane.hellos).toHaveLength(2);
    expect(plane.eventsOf("print-slowly").filter((event) => event.type === "step_started")).toHaveLength(1);
    const output = plane.logs.map((log) => log.text).join("");
    expect(output).toContain("slow line 0\n");
    expect(output).toContain("slow line 39\n");
  });

  it("an agent with a wrong version or a taken identity stops", async () => {
    const { plane } = fixture;
    const old = await fixture.start({ config: { exitOnRefusal: true } });
    await connected();
    plane.socket?.close(4026, "needs protocol 2");
    expect(await old.exited).toMatchObject({ exit: "upgrade_required", message: expect.stringContaining("needs protocol 2") as unknown });
    const twin = await fixture.start();
    await plane.until("connected", () => plane.hellos.length === 2);
    plane.socket?.close(4009, "");
    expect(await twin.exited).toMatchObject({ exit: "replaced" });
  });

  it("server errors are retried until the server works again", async () => {
    const { plane } = fixture;
    plane.refuseUpgrade = 503;
    await fixture.start();
    await plane.until("three attempts", () => plane.connectAttempts >= 3);
    plane.refuseUpgrade = null;
    await plane.until("connected", () => plane.hellos.length === 1);
  });

  it("reports beyond the spool lose only log lines, and count them", async () => {
    const { plane } = fixture;
    const agent = await fixture.start({ timing: { outboxMemoryBytes: 20_000, spoolBytes: 60_000, inflightBatches: 1, batchItems: 5 } });
    await connected();
    plane.listening = false;
    plane.lease(testJob("chatty", { config: { lines: 400, width: 1000, pause: 0 } }));
    await plane.until(
      "the step ended on the agent",
      () => agent.snapshot().running === 0 && plane.frames.some((frame) => frame.t === "batch"),
    );
    plane.listening = true;
    plane.cut();
    expect(await plane.doneOf("chatty")).toEqual({ outcome: "succeeded" });
    const events = plane.eventsOf("chatty");
    expect(events.filter((event) => event.type === "asset_materialized")).toHaveLength(1);
    const said = events.flatMap((event) =>
      event.type === "log" && event.source === "agent" ? [Number(/^(\d+) log lines/.exec(event.message)?.[1])] : [],
    );
    const kept = events.filter((event) => event.type === "log" && event.source !== "agent").length;
    expect(kept).toBeLessThan(400);
    expect(kept + said.reduce((sum, count) => sum + count, 0)).toBe(400);
  });
});
