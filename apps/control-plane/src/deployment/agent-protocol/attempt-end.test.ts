/** What a launcher says about its pods: their ends, which retries they cost, and why they wait. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { type AttemptEnd, attemptEndSchema, type AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import { cancelRun } from "../runs/execute/cancel-run.ts";
import { runDetail } from "../run-pages/run-queries.ts";
import type { TestDeployment } from "../../testing/test-deployment.ts";
import { endAttemptOfPod } from "./attempt-end.ts";
import { MAX_WAIT_EVENTS, noteAttemptWaits } from "./attempt-waits.ts";
import { grant, launching, TOKEN } from "./pods.test-support.ts";

const killed: Failure = { kind: "out_of_memory", message: "The pod used more than its limit of 512Mi." };
const evicted: Failure = { kind: "agent_lost", message: "The pod was evicted: the node was low on memory." };
const refOf = ({ run, step, epoch }: AttemptRef): AttemptRef => ({ run, step, epoch });

function end(deployment: TestDeployment, how: Partial<AttemptEnd> & AttemptRef, token = TOKEN) {
  const body = attemptEndSchema.parse({ failure: killed, retryable: true, ...how });
  return deployment.commit((tx) => endAttemptOfPod(tx, { end: body, token }));
}

function waits(deployment: TestDeployment, ref: AttemptRef, reason: string) {
  return unwrap(deployment.commit((tx) => noteAttemptWaits(tx, { waits: { ...refOf(ref), reason }, token: TOKEN })));
}

const detailOf = (deployment: TestDeployment, run: string) => unwrap(runDetail(deployment.engine.reader(), run));
const engineEvents = (deployment: TestDeployment) =>
  deployment.rows("SELECT body ->> 'message' AS message FROM event WHERE type = 'engine' ORDER BY gseq").map(({ message }) => message);

describe("the launcher's word about an end", () => {
  it("a pod that was killed fails its step with the given reason", async () => {
    const { deployment, job, run } = await launching();
    const pod = deployment.pod(job);
    pod.report(pod.started(job));
    expect(end(deployment, refOf(job))).toEqual({ ok: true, value: { open: true } });
    expect(detailOf(deployment, run)).toMatchObject({ run: { status: "failed" }, failure: killed });
    expect(pod.last("cancel")).toMatchObject({ step: "a", epoch: 1, reason: killed.message });
    pod.report(pod.done(job, { outcome: "succeeded" }));
    expect(deployment.runStatus(run)).toBe("failed");
  });

  it("the first end counts, and later ones change nothing", async () => {
    const { deployment, job, run } = await launching();
    deployment.pod(job).succeed("a");
    expect(end(deployment, refOf(job))).toEqual({ ok: true, value: { open: false } });
    expect(end(deployment, { ...refOf(job), epoch: 0 })).toEqual({ ok: true, value: { open: false } });
    expect(end(deployment, { ...refOf(job), step: "ghost" })).toEqual({ ok: true, value: { open: false } });
    expect(deployment.runStatus(run)).toBe("succeeded");
  });

  it("another agent with the same token may say it after a restart", async () => {
    const { deployment, launcher, job, run } = await launching();
    deployment.pod(job).disconnect();
    launcher.disconnect();
    expect(end(deployment, refOf(job), "tok_other")).toMatchObject({ ok: false, error: { code: "forbidden" } });
    expect(end(deployment, refOf(job))).toEqual({ ok: true, value: { open: true } });
    expect(deployment.runStatus(run)).toBe("failed");
    expect(deployment.rows("SELECT instance FROM agent WHERE pod_of IS NOT NULL")).toEqual([]);
  });

  it("a failure of user code uses up a retry of the step", async () => {
    const { deployment, launcher, job, run } = await launching({ retry: { maxRetries: 1 } });
    end(deployment, refOf(job));
    deployment.pass(60_000);
    launcher.ping();
    expect(launcher.job("a", 2)).toMatchObject({ epoch: 2 });
    end(deployment, { ...refOf(job), epoch: 2 });
    expect(detailOf(deployment, run)).toMatchObject({ run: { status: "failed" }, steps: [{ attempt: 2, maxAttempts: 2 }] });
  });

  it("a pod that the cluster took away costs no retry, three times", async () => {
    const { deployment, launcher, job, run } = await launching({ retry: { maxRetries: 0 } });
    for (const epoch of [1, 2, 3, 4]) {
      const attempt = { ...refOf(job), epoch };
      expect(launcher.job("a", epoch)).toMatchObject(attempt);
      unwrap(grant(deployment, attempt));
      const pod = deployment.pod(attempt);
      pod.report(pod.started(launcher.job("a", epoch)));
      expect(end(deployment, { ...attempt, failure: evicted, infrastructure: true })).toEqual({ ok: true, value: { open: true } });
      pod.disconnect();
    }
    expect(detailOf(deployment, run)).toMatchObject({
      run: { status: "failed" },
      failure: evicted,
      steps: [{ attempt: 4, maxAttempts: 4 }],
    });
    expect(engineEvents(deployment)).toEqual([
      "The cluster took the pod of 'a' away. The step is tried again and uses up no retry (1 of 3).",
      "The cluster took the pod of 'a' away. The step is tried again and uses up no retry (2 of 3).",
      "The cluster took the pod of 'a' away. The step is tried again and uses up no retry (3 of 3).",
      "The cluster took the pod of 'a' away. The step has used up its 3 free attempts, so this one counts.",
    ]);
    expect(deployment.rows("SELECT instance FROM agent WHERE pod_of IS NOT NULL")).toEqual([]);
  });

  it("a Job that was deleted gives the step back", async () => {
    const { deployment, launcher, job, run } = await launching();
    expect(end(deployment, { ...refOf(job), outcome: "canceled" })).toEqual({ ok: true, value: { open: true } });
    expect(launcher.all("job").map(({ epoch, attempt }) => ({ epoch, attempt }))).toEqual([
      { epoch: 1, attempt: 1 },
      { epoch: 2, attempt: 1 },
    ]);
    expect(deployment.runStatus(run)).toBe("starting");
  });

  it.each([
    ["canceled", { outcome: "canceled" }],
    ["failed", { failure: killed }],
    ["taken away", { failure: evicted, infrastructure: true }],
  ] as const)("a pod that is %s after a cancellation cancels its run", async (_, how) => {
    const { deployment, job, run } = await launching({ retry: { maxRetries: 5 } });
    deployment.done((tx) => cancelRun(tx, { run, by: "ada", reason: undefined }));
    expect(end(deployment, { ...refOf(job), ...how })).toEqual({ ok: true, value: { open: true } });
    expect(deployment.runStatus(run)).toBe("canceled");
  });
});

describe("why a pod waits", () => {
  it("the reason is shown until the pod connects, each recorded once", async () => {
    const { deployment, job, run } = await launching();
    const shown = () => detailOf(deployment, run).steps[0]?.waiting ?? null;
    expect(shown()).toBeNull();
    const before = deployment.factsOf("step_changed").length;
    waits(deployment, job, "no node fits: 0/3 nodes are available");
    expect(waits(deployment, job, "no node fits: 0/3 nodes are available")).toEqual({ open: true });
    expect(deployment.factsOf("step_changed")).toHaveLength(before + 1);
    waits(deployment, job, "pulling image example/lake:1");
    expect(shown()).toEqual({ kind: "pod", message: "waiting for its pod: pulling image example/lake:1" });
    expect(engineEvents(deployment)).toEqual([
      "The pod of 'a' waits: no node fits: 0/3 nodes are available",
      "The pod of 'a' waits: pulling image example/lake:1",
    ]);
    deployment.pod(job);
    expect(shown()).toBeNull();
    expect(waits(deployment, job, "too late")).toEqual({ open: false });
    expect(engineEvents(deployment)).toHaveLength(2);
  });

  it("a launcher that changes its mind for ever fills no log", async () => {
    const { deployment, job, run } = await launching();
    for (let round = 0; round < 3 * MAX_WAIT_EVENTS; round++) waits(deployment, job, `${"quota ".repeat(300)}${round}`);
    expect(engineEvents(deployment)).toHaveLength(1);
    for (let round = 0; round < 3 * MAX_WAIT_EVENTS; round++) waits(deployment, job, `quota ${round}`);
    expect(engineEvents(deployment)).toHaveLength(MAX_WAIT_EVENTS);
    expect(detailOf(deployment, run).steps[0]?.waiting?.message).toBe(`waiting for its pod: quota ${3 * MAX_WAIT_EVENTS - 1}`);
  });

  it("a pod that never starts fails with the reason why it waited", async () => {
    const { deployment, launcher, job } = await launching();
    waits(deployment, job, "no node fits");
    for (let passed = 0; passed < 930_000; passed += 30_000) {
      launcher.ping();
      deployment.pass(30_000);
    }
    expect(launcher.last("cancel")).toMatchObject({ epoch: 1, reason: "the step did not start in time" });
    const [failed] = deployment.rows("SELECT body ->> 'failure' AS failure FROM event WHERE type = 'step_failed'");
    expect(failed?.["failure"]).toContain(
      "did not start within 15 minutes. Its pod waited: no node fits. Remove the cause, or raise the start timeout.",
    );
    expect(launcher.job("a", 2)).toMatchObject({ epoch: 2 });
  });
});
