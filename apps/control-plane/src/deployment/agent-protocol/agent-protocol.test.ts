/** What agents say: hello, numbered batches, slots, draining, and the end of their connection. */
import { describe, expect, it } from "vitest";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { LEASE_CHECK_MS, LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { mayWriteLog } from "../runs/execute/record-log-chunk.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { lake, working } from "./working-agent.test-support.ts";

/** The secret of an agent process. */
const KEY = "0123456789abcdef".repeat(4);

const log = (message: string) => ({ type: "log", level: "info", message }) as const;
const agents = (deployment: TestDeployment) => deployment.rows("SELECT instance, status, slots, received FROM agent ORDER BY instance");
const logs = (deployment: TestDeployment) =>
  deployment
    .rows("SELECT body FROM event WHERE type = 'log' ORDER BY gseq")
    .map(({ body }) => (JSON.parse(body as string) as { message: string }).message);

describe("hello frames", () => {
  it("hello is answered with the number, time and active versions", async () => {
    const deployment = await TestDeployment.open();
    const version = deployment.publish(lake);
    expect(deployment.agent().last("welcome")).toMatchObject({
      protocol: 1,
      serverTime: deployment.now,
      received: 0,
      drop: [],
      locations: [{ location: "lake", version }],
    });
    expect(deployment.factsOf("agent_connected")).toHaveLength(1);
  });

  it("an agent of a future protocol is told to upgrade", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.connect({ instance: "instance-a" });
    agent.hello({ protocol: { min: 98, max: 99 } });
    expect(agent.last("error")).toMatchObject({ code: "unsupported_version" });
    expect(agent.closed?.code).toBe(CLOSE.upgradeRequired);
    expect(agents(deployment)).toEqual([]);
  });

  it("hello with the instance of another token is refused", async () => {
    const { deployment } = await working();
    const thief = deployment.connect({ instance: "instance-a", token: "tok_thief" });
    thief.hello();
    expect(thief.last("error").code).toBe("forbidden");
    expect(thief.closed?.code).toBe(CLOSE.revoked);
    expect(agents(deployment)).toMatchObject([{ status: "connected" }]);
  });

  it("an agent keeps its step when it returns with a new token", async () => {
    const { deployment, job, run } = await working({ key: KEY });
    const other = deployment.connect({ instance: "instance-a", token: "tok_thief" });
    other.hello({ key: KEY.replace("0", "1") });
    expect(other.closed?.code).toBe(CLOSE.revoked);
    const running = [{ run: job.run, step: "a", epoch: 1 }];
    const again = deployment.connect({ instance: "instance-a", token: "tok_new" });
    again.hello({ key: KEY, running, slots: 1 });
    expect(again.last("welcome").drop).toEqual([]);
    const output = { run: job.run, step: "a", attempt: 1 };
    const reader = deployment.engine.reader();
    expect(mayWriteLog(reader, { ...output, token: "tok_new" }).ok).toBe(true);
    expect(mayWriteLog(reader, { ...output, token: "tok_agent" }).ok).toBe(false);
    again.report(again.started(job), again.done(job, { outcome: "succeeded" }));
    expect(deployment.runStatus(run)).toBe("succeeded");
    expect(deployment.rows("SELECT key_hash FROM agent")[0]?.["key_hash"]).not.toContain(KEY);
  });

  it("an agent that says hello a second time replaces its older connection", async () => {
    const { deployment, agent } = await working();
    const again = deployment.agent({ instance: "instance-a" });
    expect(agent.closed?.code).toBe(CLOSE.replaced);
    expect(again.closed).toBeNull();
    expect(agents(deployment)).toMatchObject([{ instance: "instance-a", status: "connected" }]);
  });

  it("hello drops foreign attempts and sends those that were missed", async () => {
    const { deployment, job } = await working();
    const running = [{ run: job.run, step: "a", epoch: 7 }];
    const again = deployment.agent({ instance: "instance-a", running });
    expect(again.last("welcome").drop).toEqual(running);
    expect(again.job("a")).toMatchObject({ run: job.run, epoch: 1, attempt: 1 });
  });

  it("hello does not repeat what runs or is about to be reported", async () => {
    const { deployment, job } = await working();
    const ref = { run: job.run, step: "a", epoch: 1 };
    expect(deployment.agent({ instance: "instance-a", running: [ref] }).steps()).toEqual([]);
    expect(deployment.agent({ instance: "instance-a", unacknowledged: [ref] }).steps()).toEqual([]);
  });

  it("hello lets agents be forgotten after a week of silence", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.agent({ instance: "instance-old" }).disconnect();
    deployment.pass(7 * 86_400_000 + 1);
    deployment.agent({ instance: "instance-new" });
    expect(agents(deployment)).toMatchObject([{ instance: "instance-new" }]);
    expect(deployment.factsOf("agent_gone")).toEqual([{ type: "agent_gone", instance: "instance-old" }]);
  });
});

describe("batches", () => {
  it("a batch is stored once, however often it is sent", async () => {
    const { deployment, agent, job } = await working();
    const items = [{ ...agent.event(job, log("one")), s: 1 } as const, { ...agent.event(job, log("two")), s: 2 } as const];
    agent.send({ t: "batch", items });
    agent.send({ t: "batch", items });
    expect(agent.all("ack")).toEqual([
      { t: "ack", s: 2 },
      { t: "ack", s: 2 },
    ]);
    expect(logs(deployment)).toEqual(["one", "two"]);
  });

  it("a batch with a gap is stored up to the gap", async () => {
    const { deployment, agent, job } = await working();
    agent.send({
      t: "batch",
      items: [
        { ...agent.event(job, log("one")), s: 1 },
        { ...agent.event(job, log("three")), s: 3 },
      ],
    });
    expect(agent.closed).toEqual({ code: CLOSE.badFrame, reason: "item 3 came after 1" });
    expect(deployment.agent({ instance: "instance-a" }).last("welcome").received).toBe(1);
    expect(logs(deployment)).toEqual(["one"]);
  });

  it("a batch about a stale epoch is ignored with one warning", async () => {
    const { deployment, agent, job } = await working();
    const stale = { ...job, epoch: 9 };
    agent.report(agent.event(stale, log("x")), agent.event(stale, log("y")), agent.done(stale, { outcome: "succeeded" }));
    expect(logs(deployment)).toEqual([]);
    expect(deployment.rows("SELECT status FROM step")).toEqual([{ status: "assigned" }]);
    const warnings = deployment.rows("SELECT body FROM event WHERE type = 'engine'").map(({ body }) => JSON.stringify(body));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("A report of attempt 9 was ignored: attempt 1 is the current one.");
  });

  it("a batch about an unknown run or step is acknowledged and ignored", async () => {
    const { deployment, agent, job } = await working();
    const before = deployment.rows("SELECT count(*) AS n FROM event");
    agent.report(agent.event({ ...job, run: "no-such-run" }, log("x")), agent.event({ ...job, step: "no-such-step" }, log("x")));
    expect(agent.last("ack").s).toBe(2);
    expect(deployment.rows("SELECT count(*) AS n FROM event")).toEqual(before);
  });

  it("a batch about a step that another agent has is ignored", async () => {
    const { deployment, job } = await working();
    const other = deployment.agent({ instance: "instance-b" });
    other.report(other.done(job, { outcome: "succeeded" }));
    expect(deployment.rows("SELECT status, agent FROM step")).toEqual([{ status: "assigned", agent: "instance-a" }]);
  });

  it("a batch before hello closes the connection", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.connect({ instance: "instance-a" });
    agent.send({ t: "slots", slots: 3 });
    expect(agent.closed).toEqual({ code: CLOSE.badFrame, reason: "the first frame must be hello" });
  });

  it("a batch over a replaced connection is refused", async () => {
    const { deployment, agent, job } = await working();
    deployment.agent({ instance: "instance-a", running: [{ run: job.run, step: "a", epoch: 1 }] });
    agent.report(agent.event(job, log("late")));
    expect(logs(deployment)).toEqual([]);
  });

  it("a batch whose one item cannot be stored is stored without it", async () => {
    const { deployment, agent, job } = await working();
    deployment.rows("CREATE TRIGGER poison BEFORE INSERT ON event WHEN new.body LIKE '%poison%' BEGIN SELECT RAISE(ABORT, 'poison'); END");
    agent.report(agent.event(job, log("one")), agent.event(job, log("poison")), agent.event(job, log("three")));
    expect(agent.last("ack").s).toBe(3);
    expect(logs(deployment)).toEqual(["one", "three"]);
  });

  it("a batch whose outcome cannot be stored fails its step", async () => {
    const { deployment, agent, run, job } = await working();
    deployment.rows(
      "CREATE TRIGGER poison BEFORE INSERT ON event WHEN new.type = 'step_succeeded' BEGIN SELECT RAISE(ABORT, 'poison'); END",
    );
    agent.report(agent.started(job), agent.done(job, { outcome: "succeeded" }));
    expect(deployment.runStatus(run)).toBe("failed");
    expect(agent.last("ack").s).toBe(2);
  });
});

describe("agents in the queue", () => {
  it("an agent gets more work when it offers more slots", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent({ slots: 1 });
    deployment.launch({ selection: "*" });
    expect(agent.steps()).toEqual(["a"]);
    agent.send({ t: "slots", slots: 2 });
    expect(agent.steps()).toEqual(["a", "b"]);
  });

  it("an agent that drains gets no new work and finishes its own", async () => {
    const { deployment, agent, run } = await working();
    agent.send({ t: "draining", reason: "deploy", deadlineMs: 60_000 });
    deployment.launch({ selection: "b" });
    expect(agent.steps()).toEqual(["a"]);
    agent.succeed("a");
    expect(deployment.runStatus(run)).toBe("succeeded");
    expect(agent.steps()).toEqual(["a"]);
    expect(agents(deployment)).toMatchObject([{ status: "draining" }]);
  });

  it("an agent that drained gives back at once what it still has", async () => {
    const { deployment, agent } = await working();
    const other = deployment.agent({ instance: "instance-b" });
    agent.disconnect(CLOSE.drained);
    expect(deployment.factsOf("agent_left")).toEqual([{ type: "agent_left", instance: "instance-a", drained: true }]);
    expect(other.job("a").epoch).toBe(2);
  });

  it("a lost connection keeps its step until the lease ends", async () => {
    const { deployment, agent } = await working();
    const other = deployment.agent({ instance: "instance-b" });
    agent.disconnect(1006);
    for (let waited = 0; waited < LEASE_MS; waited += LEASE_CHECK_MS) {
      expect(other.steps()).toEqual([]);
      other.ping();
      deployment.pass(LEASE_CHECK_MS);
    }
    other.ping();
    deployment.pass(LEASE_CHECK_MS);
    expect(other.job("a", 2)).toMatchObject({ epoch: 2 });
    expect(deployment.rows("SELECT lost FROM step")).toEqual([{ lost: 1 }]);
  });

  it("an agent that answers pings keeps its lease without any report", async () => {
    const { deployment, agent } = await working();
    agent.report(agent.started(agent.job("a")));
    for (let waited = 0; waited < 5 * LEASE_MS; waited += LEASE_CHECK_MS) {
      agent.ping();
      deployment.pass(LEASE_CHECK_MS);
    }
    expect(deployment.rows("SELECT status, lost FROM step")).toEqual([{ status: "running", lost: 0 }]);
  });

  it("an agent that falls silent is disconnected, and its step is lost", async () => {
    const { deployment, agent, run } = await working();
    agent.report(agent.started(agent.job("a")));
    deployment.pass(LEASE_MS + LEASE_CHECK_MS + 1);
    expect(agent.closed?.reason).toBe("no sign of life within the lease");
    expect(agents(deployment)).toMatchObject([{ status: "disconnected" }]);
    expect(deployment.rows("SELECT status, lost FROM step")).toEqual([{ status: "pending", lost: 1 }]);
    expect(deployment.runStatus(run)).toBe("running");
  });

  it("an agent that is lost three times with a step fails it", async () => {
    const deployment = await TestDeployment.with(lake);
    const run = deployment.launch({ selection: "a" });
    for (const attempt of [1, 2, 3]) {
      const agent = deployment.agent();
      agent.report(agent.started(agent.job("a", attempt)));
      deployment.pass(LEASE_MS + LEASE_CHECK_MS + 1);
    }
    expect(deployment.runStatus(run)).toBe("failed");
    expect(deployment.rows("SELECT failure ->> 'kind' AS kind FROM step")).toEqual([{ kind: "agent_lost" }]);
  });

  it("a frame of a newer kind does not disturb the connection", async () => {
    const { deployment, agent } = await working();
    agent.sendText(JSON.stringify({ t: "weather", rain: true }));
    expect(agent.closed).toBeNull();
    expect(deployment.engine.ignoredFrames).toBe(1);
  });

  it("an agent that sends a malformed frame is told where, and closed", async () => {
    const { agent } = await working();
    agent.sendText(JSON.stringify({ t: "slots", slots: "many" }));
    expect(agent.last("error").message).toContain("A 'slots' frame is malformed at slots");
    expect(agent.closed?.code).toBe(CLOSE.badFrame);
  });
});
