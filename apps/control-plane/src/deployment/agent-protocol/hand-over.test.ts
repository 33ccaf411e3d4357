/** Pods: the hand-over of an attempt, its slot, cancellation, lost pods, and rows that do not stay. */
import { describe, expect, it } from "vitest";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { LEASE_CHECK_MS, LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { cancelRun } from "../runs/execute/cancel-run.ts";
import { listAgents } from "../run-pages/agent-queries.ts";
import { runDetail } from "../run-pages/run-queries.ts";
import type { TestAgent } from "../../testing/test-agent.ts";
import type { TestDeployment } from "../../testing/test-deployment.ts";
import { grant, launching } from "./pods.test-support.ts";

const stepRow = (deployment: TestDeployment) =>
  deployment.rows("SELECT status, epoch, attempt, lost, agent, launcher FROM step WHERE key = 'a' ORDER BY run_no DESC LIMIT 1")[0];
const podRows = (deployment: TestDeployment) => deployment.rows("SELECT instance FROM agent WHERE pod_of IS NOT NULL");
const refusal = (pod: TestAgent) => ({ message: pod.last("error").message, code: pod.closed?.code });

describe("the hand-over of a step", () => {
  it("a pod takes its step over with the same epoch", async () => {
    const { deployment, launcher, job, run } = await launching();
    const pod = deployment.pod(job, "pod-first");
    expect(pod.last("welcome")).toMatchObject({ received: 0, drop: [], locations: [{ location: "lake", version: job.version }] });
    expect(pod.all("job")).toEqual([job]);
    expect(stepRow(deployment)).toMatchObject({
      status: "assigned",
      epoch: job.epoch,
      attempt: 1,
      agent: "pod-first",
      launcher: "launcher",
    });
    pod.succeed("a");
    expect(deployment.runStatus(run)).toBe("succeeded");
    expect(launcher.all("cancel")).toEqual([]);
  });

  it("a pod's step occupies the slot of its launcher", async () => {
    const { deployment, launcher, job } = await launching({}, "*");
    const pod = deployment.pod(job);
    expect(launcher.steps()).toEqual(["a"]);
    expect(pod.steps()).toEqual(["a"]);
    pod.succeed("a");
    expect(launcher.steps()).toEqual(["a", "b"]);
    expect(pod.steps()).toEqual(["a"]);
  });

  it("a pod is shown by its launcher and not as an agent", async () => {
    const { deployment, job, run } = await launching();
    const shown = () => listAgents(deployment.engine.reader()).map(({ instance, running, pods }) => ({ instance, running, pods }));
    expect(shown()).toEqual([{ instance: "launcher", running: 1, pods: [{ run, step: "a", attempt: 1, name: null, state: "starting" }] }]);
    const pod = deployment.pod(job, "pod-first");
    expect(shown()).toMatchObject([{ instance: "launcher", running: 1, pods: [{ name: "pod-first", state: "connected" }] }]);
    expect(unwrap(runDetail(deployment.engine.reader(), run)).steps[0]?.agent).toBe("launcher");
    pod.disconnect();
    expect(shown()).toMatchObject([{ pods: [{ name: "pod-first", state: "disconnected" }] }]);
  });

  it("a pod gets neither slots nor ticks by asking for them", async () => {
    const { deployment, job } = await launching({}, "*");
    const pod = deployment.pod(job, "pod-first", { slots: 50 });
    pod.send({ t: "slots", slots: 50 });
    expect(pod.steps()).toEqual(["a"]);
    expect(deployment.rows("SELECT slots FROM agent WHERE instance = 'pod-first'")).toEqual([{ slots: 0 }]);
  });

  it("the launcher's reports of a handed-over step are ignored silently", async () => {
    const { deployment, launcher, job, run } = await launching();
    const pod = deployment.pod(job);
    launcher.report(launcher.started(job), launcher.done(job, { outcome: "canceled" }));
    expect(launcher.last("ack")).toEqual({ t: "ack", s: 2 });
    expect(deployment.engine.unheldReports).toBe(0);
    expect(stepRow(deployment)).toMatchObject({ status: "assigned" });
    pod.succeed("a");
    expect(deployment.runStatus(run)).toBe("succeeded");
    expect(deployment.rows("SELECT count(*) AS count FROM event WHERE type = 'engine'")).toEqual([{ count: 0 }]);
  });

  it("a launcher that reconnects keeps its handed-over step", async () => {
    const { deployment, launcher, job } = await launching();
    deployment.pod(job);
    launcher.disconnect();
    const again = deployment.agent({ instance: "launcher", slots: 1, running: [{ run: job.run, step: "a", epoch: job.epoch }] });
    expect(again.last("welcome").drop).toEqual([]);
    expect(again.all("job")).toEqual([]);
  });

  it("another agent adopts the pod of a launcher that is gone", async () => {
    const { deployment, launcher, job } = await launching({}, "*");
    const running = [{ run: job.run, step: "a", epoch: job.epoch }];
    deployment.pod(job);
    const early = deployment.agent({ instance: "agent-second", slots: 0, running });
    expect(early.last("welcome").drop).toHaveLength(1);
    launcher.disconnect();
    const later = deployment.agent({ instance: "agent-third", slots: 1, running });
    expect(later.last("welcome").drop).toEqual([]);
    expect(stepRow(deployment)).toMatchObject({ launcher: "agent-third" });
    expect(later.steps()).toEqual([]);
  });

  it("an agent that goes away leaves its pods alone", async () => {
    const { deployment, launcher, job, run } = await launching();
    const pod = deployment.pod(job);
    pod.report(pod.started(job));
    launcher.disconnect(CLOSE.drained);
    for (let passed = 0; passed < 4 * LEASE_MS; passed += LEASE_CHECK_MS) {
      pod.ping();
      deployment.pass(LEASE_CHECK_MS);
    }
    expect(stepRow(deployment)).toMatchObject({ status: "running", attempt: 1 });
    pod.report(pod.done(job, { outcome: "succeeded" }));
    expect(deployment.runStatus(run)).toBe("succeeded");
  });
});

describe("a pod that is not needed", () => {
  it("a pod of an ended attempt is told so and ends", async () => {
    const { deployment, job } = await launching();
    deployment.pod(job).succeed("a");
    expect(refusal(deployment.pod(job))).toEqual({
      message: `Attempt 1 of 'a' in run ${job.run} is over; this pod is not needed any more.`,
      code: CLOSE.replaced,
    });
    expect(refusal(deployment.pod({ ...job, epoch: 7 })).code).toBe(CLOSE.replaced);
    expect(refusal(deployment.pod({ ...job, step: "ghost" })).code).toBe(CLOSE.replaced);
  });

  it("a newer pod wins as long as the first has not started", async () => {
    const { deployment, job, run } = await launching();
    const first = deployment.pod(job, "pod-first");
    const second = deployment.pod(job, "pod-second");
    expect(refusal(first).code).toBe(CLOSE.replaced);
    expect(podRows(deployment)).toEqual([{ instance: "pod-second" }]);
    second.succeed("a");
    expect(deployment.runStatus(run)).toBe("succeeded");
  });

  it("a second pod is refused while the first runs user code", async () => {
    const { deployment, job, run } = await launching();
    const first = deployment.pod(job, "pod-first");
    first.report(first.started(job));
    expect(refusal(deployment.pod(job, "pod-second"))).toEqual({
      message: "Attempt 1 of 'a' already runs elsewhere; this pod is not needed.",
      code: CLOSE.replaced,
    });
    first.report(first.done(job, { outcome: "succeeded" }));
    expect(deployment.runStatus(run)).toBe("succeeded");
  });

  it("a second pod after a first that had started loses the attempt", async () => {
    const { deployment, launcher, job } = await launching();
    const first = deployment.pod(job, "pod-first");
    first.report(first.started(job));
    first.disconnect();
    expect(refusal(deployment.pod(job, "pod-second")).code).toBe(CLOSE.replaced);
    expect(stepRow(deployment)).toMatchObject({ status: "assigned", epoch: 2, attempt: 2, lost: 1, agent: "launcher", launcher: null });
    expect(launcher.job("a", 2).epoch).toBe(2);
    expect(podRows(deployment)).toEqual([]);
  });

  it("a pod cannot pose as its launcher or another pod", async () => {
    const { deployment, launcher, job } = await launching();
    expect(refusal(deployment.pod(job, "launcher")).code).toBe(CLOSE.replaced);
    expect(launcher.closed).toBeNull();
    deployment.pod(job, "pod-first", { key: "k".repeat(32) });
    expect(refusal(deployment.pod(job, "pod-first", { key: "x".repeat(32) })).code).toBe(CLOSE.replaced);
    expect(stepRow(deployment)).toMatchObject({ agent: "pod-first", launcher: "launcher" });
  });

  it("a pod that comes back within its lease goes on", async () => {
    const { deployment, job, run } = await launching();
    const pod = deployment.pod(job, "pod-first");
    pod.report(pod.started(job));
    pod.disconnect();
    deployment.pass(LEASE_MS / 2);
    const again = deployment.pod(job, "pod-first", { running: [{ run, step: "a", epoch: 1 }] });
    expect(again.last("welcome")).toMatchObject({ received: 1, drop: [] });
    expect(again.all("job")).toEqual([]);
    again.send({ t: "batch", items: [{ ...again.done(job, { outcome: "succeeded" }), s: 2 }] });
    expect(deployment.runStatus(run)).toBe("succeeded");
  });

  it("a pod's row goes when its step and connection have ended", async () => {
    const { deployment, job } = await launching();
    const pod = deployment.pod(job);
    pod.succeed("a");
    expect(podRows(deployment)).toHaveLength(1);
    pod.disconnect(CLOSE.drained);
    expect(podRows(deployment)).toEqual([]);
  });
});

describe("lost and canceled pods", () => {
  it("a lost pod's step is tried again, and its launcher hears it", async () => {
    const { deployment, launcher, job } = await launching();
    const pod = deployment.pod(job, "pod-first");
    pod.report(pod.started(job));
    pod.disconnect();
    for (let passed = 0; passed < 2 * LEASE_MS; passed += LEASE_CHECK_MS) {
      launcher.ping();
      deployment.pass(LEASE_CHECK_MS);
    }
    expect(launcher.last("cancel")).toMatchObject({
      step: "a",
      epoch: 1,
      reason: "Pod pod-first gave no sign of life for 60 seconds while it ran 'a'.",
    });
    expect(stepRow(deployment)).toMatchObject({ status: "assigned", attempt: 2, agent: "launcher", lost: 1 });
    expect(podRows(deployment)).toEqual([]);
    expect(refusal(deployment.pod(job, "pod-first")).code).toBe(CLOSE.replaced);
  });

  it("a cancellation goes to the pod and its launcher", async () => {
    const { deployment, launcher, job, run } = await launching();
    const pod = deployment.pod(job);
    deployment.done((tx) => cancelRun(tx, { run, by: "ada", reason: undefined }));
    expect(pod.last("cancel")).toMatchObject({ step: "a", epoch: 1 });
    expect(launcher.last("cancel")).toMatchObject({ step: "a", epoch: 1 });
    launcher.disconnect();
    expect(deployment.agent({ instance: "launcher" }).last("cancel")).toMatchObject({ step: "a", epoch: 1 });
    pod.report(pod.done(job, { outcome: "canceled" }));
    expect(deployment.runStatus(run)).toBe("canceled");
  });

  it("the time limit of a step counts from its pod's connection", async () => {
    const { deployment, launcher, job } = await launching({ timeoutSeconds: 60 });
    const wait = (ms: number, pod?: TestAgent) => {
      for (let passed = 0; passed < ms; passed += LEASE_CHECK_MS) {
        launcher.ping();
        pod?.ping();
        deployment.pass(LEASE_CHECK_MS);
      }
    };
    wait(300_000);
    expect(stepRow(deployment)).toMatchObject({ status: "assigned", attempt: 1 });
    const pod = deployment.pod(job);
    pod.report(pod.started(job));
    wait(60_000, pod);
    expect(stepRow(deployment)).toMatchObject({ status: "running" });
    wait(60_000, pod);
    expect(stepRow(deployment)).toMatchObject({ status: "failed" });
    expect(launcher.last("cancel")).toMatchObject({ reason: "the step's time limit passed" });
  });

  it("the next attempt asks for a token of its own", async () => {
    const { deployment, launcher, job } = await launching();
    const pod = deployment.pod(job);
    pod.disconnect(CLOSE.drained);
    expect(launcher.all("job")).toHaveLength(2);
    expect(grant(deployment, job)).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(grant(deployment, { ...job, epoch: 2 })).toMatchObject({ ok: true });
  });
});
