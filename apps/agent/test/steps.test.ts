import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventOf, openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { testJob, testTick } from "./test-location.ts";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("running steps", () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(async () => {
    expect(fixture.plane.problems).toEqual([]);
    await fixture.close();
  });

  async function ready(): Promise<void> {
    await fixture.plane.until("the location is ready", () =>
      fixture.plane.items.some(({ item }) => item.k === "location" && item.state === "ready"),
    );
  }

  it("a step's events and end arrive numbered without a gap", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    plane.lease(testJob("noop"));
    expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
    expect(plane.eventsOf("noop").map((event) => event.type)).toEqual(["step_started", "asset_materialized"]);
    expect(plane.items.map(({ item }) => item.s)).toEqual(plane.items.map((_, index) => index + 1));
  });

  it("a second step uses the same warm worker", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    const pids: number[] = [];
    for (const step of ["one", "two", "three"]) {
      plane.lease(testJob("noop", { step }));
      await plane.doneOf(step);
      pids.push(eventOf(plane.eventsOf(step), "step_started").pid);
    }
    expect(new Set(pids).size).toBe(1);
    expect(eventOf(plane.eventsOf("three"), "asset_materialized").metadata["uses"]).toEqual({ type: "int", value: 3 });
  });

  it("a worker is replaced after its number of uses", async () => {
    const { plane } = fixture;
    await fixture.start({ timing: { workerUses: 2 } });
    await ready();
    const pids: number[] = [];
    for (const step of ["1", "2", "3", "4", "5"]) {
      plane.lease(testJob("noop", { step }));
      await plane.doneOf(step);
      pids.push(eventOf(plane.eventsOf(step), "step_started").pid);
    }
    expect(new Set(pids).size).toBe(3);
  });

  it("more steps than slots wait for their turn and all end", async () => {
    const { plane } = fixture;
    await fixture.start();
    const steps = Array.from({ length: 12 }, (_, index) => `s${index}`);
    await plane.until("connected", () => plane.socket !== null);
    for (const step of steps) plane.lease(testJob("wait", { step, config: { ms: 20 } }));
    for (const step of steps) expect(await plane.doneOf(step)).toEqual({ outcome: "succeeded" });
    expect(new Set(steps.map((step) => eventOf(plane.eventsOf(step), "step_started").pid)).size).toBeLessThanOrEqual(2);
  });

  it("a canceled step that waits for a slot ends at once", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    for (const step of ["one", "two", "three", "four"]) plane.lease(testJob("wait", { step }));
    await plane.until("two run", () => ["one", "two"].every((step) => plane.eventsOf(step).some((event) => event.type === "log")));
    plane.send({ t: "cancel", run: "run-1", step: "three", epoch: 1, graceMs: 60_000, reason: "asked" });
    expect(await plane.doneOf("three")).toEqual({ outcome: "canceled" });
    expect(plane.eventsOf("three")).toEqual([]);
    plane.send({ t: "cancel", run: "run-1", step: "one", epoch: 1, graceMs: 60_000, reason: "asked" });
    await plane.until("the fourth runs", () => plane.eventsOf("four").some((event) => event.type === "log"));
    for (const step of ["two", "four"]) plane.send({ t: "cancel", run: "run-1", step, epoch: 1, graceMs: 60_000, reason: "asked" });
    for (const step of ["two", "four"]) await plane.doneOf(step);
  });

  it("a step or tick that reaches a draining agent is returned", async () => {
    const { plane } = fixture;
    const agent = await fixture.start({ config: { drainGraceMs: 60_000 } });
    await ready();
    plane.lease(testJob("wait", { step: "last" }));
    await plane.until("it runs", () => plane.eventsOf("last").some((event) => event.type === "log"));
    const stopped = agent.stop("end of shift");
    await plane.until("it drains", () => plane.frames.some((frame) => frame.t === "draining"));
    plane.lease(testJob("noop", { step: "late" }));
    plane.send(testTick("sensor", { tick: "late-tick" }));
    expect(await plane.doneOf("late")).toEqual({ outcome: "canceled" });
    expect(plane.eventsOf("late")).toEqual([]);
    const given = await plane.until("the tick is answered", () => plane.items.find(({ item }) => item.k === "tick")?.item);
    expect(given).toMatchObject({ tick: "late-tick", result: { outcome: "failed" } });
    plane.send({ t: "cancel", run: "run-1", step: "last", epoch: 1, graceMs: 5000, reason: "asked" });
    await stopped;
  });

  it("a job frame sent again is executed once", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    const job = testJob("wait", { config: { ms: 50 } });
    plane.lease(job);
    plane.send(job);
    await plane.doneOf("wait");
    plane.send(job);
    plane.lease(testJob("noop"));
    await plane.doneOf("noop");
    expect(plane.eventsOf("wait").filter((event) => event.type === "step_started")).toHaveLength(1);
    expect(plane.donesOf("wait")).toHaveLength(1);
  });

  it("a newer epoch replaces the running attempt, an older one is ignored", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    plane.lease(testJob("wait", { epoch: 5 }));
    await plane.until("the first attempt runs", () => plane.eventsOf("wait").some((event) => event.type === "log"));
    plane.send(testJob("wait", { epoch: 4 }));
    plane.lease(testJob("wait", { epoch: 6, unit: "noop" }));
    await plane.doneOf("wait");
    expect(plane.itemsOf("wait").flatMap((item) => (item.k === "done" ? [item.epoch] : []))).toEqual([6]);
    expect(plane.itemsOf("wait").some((item) => "epoch" in item && item.epoch === 4)).toBe(false);
  });

  it("cancel reaches user code through the signal", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => plane.eventsOf("wait").some((event) => event.type === "log"));
    plane.send({ t: "cancel", run: "run-1", step: "wait", epoch: 1, graceMs: 5000, reason: "asked by ann" });
    expect(await plane.doneOf("wait")).toEqual({ outcome: "canceled" });
    expect(plane.eventsOf("wait")).toContainEqual({ type: "log", level: "info", message: "aborted: asked by ann" });
  });

  it("a step that ignores cancel and SIGTERM is killed with its children", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    plane.lease(testJob("stubborn"));
    const child = await plane.until(
      "its child runs",
      () =>
        plane
          .eventsOf("stubborn")
          .flatMap((event) => (event.type === "log" && event.message.startsWith("child ") ? [Number(event.message.slice(6))] : []))[0],
    );
    plane.send({ t: "cancel", run: "run-1", step: "stubborn", epoch: 1, graceMs: 100, reason: "enough" });
    expect(await plane.doneOf("stubborn")).toEqual({ outcome: "canceled" });
    await plane.until("the child is gone", () => !isAlive(child));
    expect(isAlive(eventOf(plane.eventsOf("stubborn"), "step_started").pid)).toBe(false);
  });

  it("a cancel repeated at each reconnect does not postpone the end", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    plane.lease(testJob("stubborn"));
    await plane.until("it is busy", () => plane.eventsOf("stubborn").length > 2);
    const repeat = setInterval(
      () => plane.send({ t: "cancel", run: "run-1", step: "stubborn", epoch: 1, graceMs: 300, reason: "again" }),
      50,
    );
    expect(await plane.doneOf("stubborn")).toEqual({ outcome: "canceled" });
    clearInterval(repeat);
  });

  it("a step over its time limit fails and may be retried", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    plane.lease(testJob("wait", { timeoutSeconds: 0.1 }));
    expect(await plane.doneOf("wait")).toMatchObject({
      outcome: "failed",
      retryable: true,
      failure: { kind: "timeout", message: "The step took longer than its limit of 0.1 seconds." },
    });
    plane.lease(testJob("stubborn", { timeoutSeconds: 0.2 }));
    expect(await plane.doneOf("stubborn")).toMatchObject({
      outcome: "failed",
      failure: { kind: "timeout", cause: { kind: "out_of_memory" } },
    });
  });

  it.each([
    ["throws", { kind: "internal", message: "The runtime of the code location failed: escaped" }],
    ["uncaught", { kind: "user_code", message: "nobody caught this" }],
    [
      "exits",
      {
        kind: "worker_died",
        message: expect.stringMatching(/^The worker process ended without a result \(exit code 7\)\. .*process\.exit/),
      },
    ],
    ["emits-nothing", { kind: "internal", message: "The runtime of the code location failed: emit() got null instead of an event." }],
    ["returns-nothing", { kind: "internal" }],
    ["malformed-events", { kind: "bad_output" }],
  ])("unit '%s' fails with its own kind and the next succeeds", async (unit, failure) => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    plane.lease(testJob(unit));
    expect(await plane.doneOf(unit)).toMatchObject({ outcome: "failed", failure });
    plane.lease(testJob("noop"));
    expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
  });

  it("the last lines of a worker that ended are in its failure", async () => {
    const { plane } = fixture;
    await fixture.start();
    plane.lease(testJob("exits"));
    const done = await plane.doneOf("exits");
    expect(done.outcome === "failed" && done.failure.stack).toContain("last words");
  });

  it("a heap over its limit is reported as out of memory", async () => {
    const { plane } = fixture;
    await fixture.start({ config: { workerMemoryMb: 64 } });
    plane.lease(testJob("oom"));
    expect(await plane.doneOf("oom", 50_000)).toMatchObject({ outcome: "failed", retryable: true, failure: { kind: "out_of_memory" } });
  });

  it("kill -9 of a worker ends only its step", async () => {
    const { plane } = fixture;
    await fixture.start();
    await ready();
    plane.lease(testJob("wait", { step: "killed" }));
    plane.lease(testJob("wait", { step: "other", config: { ms: 300 } }));
    await plane.until("it runs", () => plane.eventsOf("killed").some((event) => event.type === "log"));
    process.kill(eventOf(plane.eventsOf("killed"), "step_started").pid, "SIGKILL");
    expect(await plane.doneOf("killed")).toMatchObject({ outcome: "failed", retryable: true, failure: { kind: "out_of_memory" } });
    expect(await plane.doneOf("other")).toEqual({ outcome: "succeeded" });
  });

  it("an idle worker that is killed is replaced and no step notices", async () => {
    const { plane } = fixture;
    const agent = await fixture.start();
    await ready();
    const [idle] = agent.snapshot().workers;
    if (idle === undefined) throw new Error("no warm worker");
    process.kill(idle, "SIGKILL");
    plane.lease(testJob("noop"));
    expect(await plane.doneOf("noop")).toEqual({ outcome: "succeeded" });
  });

  it("metadata over the limit is cut, and the step succeeds", async () => {
    const { plane } = fixture;
    await fixture.start();
    plane.lease(testJob("huge"));
    expect(await plane.doneOf("huge")).toEqual({ outcome: "succeeded" });
    const { metadata } = eventOf(plane.eventsOf("huge"), "asset_materialized");
    expect(metadata["metadata_cut"]).toMatchObject({ type: "text" });
    expect(JSON.stringify(metadata).length).toBeLessThan(205_000);
  });

  it("a number that JSON cannot hold is stored as text", async () => {
    const { plane } = fixture;
    await fixture.start();
    plane.lease(testJob("unserializable"));
    expect(await plane.doneOf("unserializable")).toEqual({ outcome: "succeeded" });
    expect(eventOf(plane.eventsOf("unserializable"), "asset_materialized").metadata).toEqual({ big: { type: "text", value: "NaN" } });
  });

  it("a log line over the limit is cut with a notice", async () => {
    const { plane } = fixture;
    await fixture.start();
    plane.lease(testJob("huge-log"));
    await plane.doneOf("huge-log");
    const { message } = eventOf(plane.eventsOf("huge-log"), "log");
    expect(message.length).toBeLessThan(65_000);
    expect(message).toMatch(/characters cut\]$/);
  });

  it("user code sees its files, but not the agent's token", async () => {
    const { plane, dataDir } = fixture;
    await fixture.start({
      config: { workerEnv: ["*"] },
      env: { HEADGATE_AGENT_TOKEN: "hidden-hidden", MY_SECRET: "swordfish-9", PLAIN: "1" },
    });
    plane.lease(testJob("env"));
    plane.lease(testJob("files"));
    await plane.doneOf("env");
    await plane.doneOf("files");
    const { metadata } = eventOf(plane.eventsOf("env"), "asset_observed");
    expect(metadata["names"]).toMatchObject({ value: expect.arrayContaining(["PATH", "PLAIN", "MY_SECRET"]) as unknown });
    expect(JSON.stringify(metadata["names"])).not.toContain("TOKEN");
    expect(metadata["secret"]).toEqual({ type: "text", value: "is *****" });
    const files = eventOf(plane.eventsOf("files"), "asset_observed").metadata;
    expect(files["data"]).toEqual({ type: "text", value: "1,2,3\n" });
    expect(files["cwd"]).toEqual({ type: "text", value: join(dataDir, "versions", "main", "v1") });
    const scratch = files["scratch"]?.type === "path" ? files["scratch"].value : "";
    await plane.until("the scratch folder is gone", () => !existsSync(scratch));
  });

  it("ticks are evaluated once, even while all slots are busy", async () => {
    const { plane } = fixture;
    await fixture.start({ config: { slots: 1 } });
    await ready();
    plane.lease(testJob("wait", { config: { ms: 400 } }));
    for (const name of ["looks", "throws", "hangs", "looks"]) plane.send(testTick(name, { timeoutSeconds: name === "hangs" ? 0.3 : 10 }));
    const result = async (name: string) =>
      await plane.until(
        `tick ${name}`,
        () => plane.items.flatMap(({ item }) => (item.k === "tick" && item.tick === `tick-${name}` ? [item.result] : []))[0],
      );
    expect(await result("looks")).toMatchObject({
      outcome: "evaluated",
      cursor: "next",
      runs: [{ runKey: "k1" }],
      logs: [{ level: "info", message: "looked" }],
    });
    expect(await result("throws")).toMatchObject({ outcome: "failed", message: "sensor broke" });
    expect(await result("hangs")).toMatchObject({ outcome: "failed", message: expect.stringContaining("limit of 0.3 seconds") as unknown });
    await plane.doneOf("wait");
    expect(plane.items.filter(({ item }) => item.k === "tick")).toHaveLength(3);
  });

  it("the checkpoints of a tick are reported before its result", async () => {
    const { plane } = fixture;
    await fixture.start({});
    await ready();
    plane.send(testTick("parts"));
    await plane.until("the tick is answered", () => plane.items.some(({ item }) => item.k === "tick"));
    const reported = plane.items.flatMap(({ item }) =>
      item.k === "tick_part" ? [`${item.part.part} ${item.part.cursor}`] : item.k === "tick" ? ["end"] : [],
    );
    expect(reported).toEqual(["1 c1", "2 c2", "end"]);
  });

  it("a stopped agent leaves no process and no instance folder", async () => {
    const { plane, dataDir } = fixture;
    const agent = await fixture.start({ config: { warmWorkers: 2 } });
    await ready();
    plane.lease(testJob("noop"));
    await plane.doneOf("noop");
    const workers = agent.snapshot().workers;
    await agent.stop("test");
    expect(await agent.exited).toMatchObject({ exit: "stopped" });
    expect(workers.filter(isAlive)).toEqual([]);
    expect(readdirSync(join(dataDir, "instances"))).toEqual([]);
    await plane.until("the socket closed as drained", () => plane.closes.some((close) => close.code === 4001));
  });
});
