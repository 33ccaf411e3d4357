/** Pods on the real object, which may lose its memory at any time: hand-over, tokens, lost pods, revoked tokens. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import { fireTimers, launch, newDeployment, person, publish, raw, rows, runStatus, type DeploymentObject } from "./support/deployment.ts";
import { moveClock, setClock, useRealClock } from "./support/clock.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

const HIBERNATE = { webSockets: "hibernate" } as const;
const refOf = ({ run, step, epoch }: AttemptRef): AttemptRef => ({ run, step, epoch });

async function launching(graph: Record<string, string[]> = { a: [] }) {
  const stub = newDeployment();
  await stub.identify({ id: "dep-1", org: "acme", name: "prod" });
  await publish(stub, manifest(assetsOf(graph)));
  const launcher = new FakeAgent();
  await launcher.start(stub, { slots: 1 });
  const run = await launch(stub, { selection: "*" });
  const job = await launcher.job("a");
  const { token } = unwrap(await stub.grantAttemptToken({ ref: refOf(job), token: launcher.token }));
  return { stub, launcher, run: run.id, job, token, pod: FakeAgent.pod(job) };
}

const podRows = (stub: DeploymentObject) => rows(stub, "SELECT instance, status FROM agent WHERE pod_of IS NOT NULL");

describe("pods of an evicted deployment", () => {
  it("a pod works on over its socket after an eviction", async () => {
    const { stub, launcher, run, job, pod } = await launching({ a: [], b: ["a"] });
    await pod.start(stub);
    await evictDurableObject(raw(stub), HIBERNATE);
    await pod.reported(pod.started(job));
    await evictDurableObject(raw(stub), HIBERNATE);
    launcher.report(launcher.done(job, { outcome: "canceled" }));
    await pod.reported(pod.event(job, { type: "asset_materialized", asset: "a", metadata: {} }), pod.done(job, { outcome: "succeeded" }));
    const b = await launcher.job("b");
    await launcher.reported(...launcher.success(b));
    expect(await runStatus(stub, run)).toBe("succeeded");
    pod.disconnect(CLOSE.drained);
    await expect.poll(() => podRows(stub)).toEqual([]);
  });

  it("a pod connects when the deployment has lost its memory", async () => {
    const { stub, run, job, pod, token } = await launching();
    await evictDurableObject(raw(stub), HIBERNATE);
    expect(unwrap(await stub.checkAttemptToken({ text: token }))).toMatchObject({ ...refOf(job), attempt: 1, location: "lake" });
    await pod.start(stub);
    expect(await pod.job("a")).toEqual(job);
    await pod.reported(...pod.success(job));
    expect(await runStatus(stub, run)).toBe("succeeded");
  });

  it("a crash that takes all sockets leaves the pod its lease", async () => {
    const { stub, launcher, run, job, pod } = await launching();
    await pod.start(stub);
    await pod.reported(pod.started(job));
    await evictDurableObject(raw(stub), { webSockets: "close" });
    expect(await podRows(stub)).toEqual([{ instance: pod.instance, status: "disconnected" }]);
    expect((await launcher.start(stub, { running: [refOf(job)] })).drop).toEqual([]);
    expect((await pod.start(stub, { running: [refOf(job)] })).received).toBe(1);
    await pod.reported(pod.done(job, { outcome: "succeeded" }));
    expect(await runStatus(stub, run)).toBe("succeeded");
  });

  it("a lost pod that comes back after an eviction is refused", async () => {
    try {
      setClock(Date.now());
      const { stub, launcher, job, pod } = await launching();
      await pod.start(stub);
      await pod.reported(pod.started(job));
      pod.disconnect();
      await expect.poll(() => podRows(stub)).toMatchObject([{ status: "disconnected" }]);
      moveClock(90_000);
      await launcher.start(stub, { running: [refOf(job)] });
      await fireTimers(stub, "lease_check");
      await evictDurableObject(raw(stub), HIBERNATE);
      expect(await launcher.next("cancel")).toMatchObject({ step: "a", epoch: 1 });
      expect(await launcher.job("a", 2)).toMatchObject({ epoch: 2 });
      expect(await podRows(stub)).toEqual([]);
      await pod.connect(stub);
      pod.hello({ running: [refOf(job)] });
      expect(await pod.next("error")).toMatchObject({ code: "conflict" });
      await pod.waitFor(() => pod.closed?.code === CLOSE.replaced, "the close");
    } finally {
      useRealClock();
    }
  });

  it("the reason why a pod waits outlives an eviction", async () => {
    const { stub, launcher, run, job } = await launching();
    const waits = { ...refOf(job), reason: "no node fits" };
    expect(unwrap(await stub.noteAttemptWaits({ waits, token: launcher.token }))).toEqual({ open: true });
    await evictDurableObject(raw(stub), HIBERNATE);
    const { steps } = unwrap(await stub.ask("runs.get", { run }));
    expect(steps[0]).toMatchObject({ waiting: { kind: "pod", message: "waiting for its pod: no node fits" } });
    expect(unwrap(await stub.ask("agents.list", undefined))).toMatchObject([{ running: 1, pods: [{ step: "a", state: "starting" }] }]);
  });

  it("a cancellation reaches pod and launcher after an eviction", async () => {
    const { stub, launcher, run, job, pod } = await launching();
    await pod.start(stub);
    await evictDurableObject(raw(stub), HIBERNATE);
    unwrap(await stub.perform("runs.cancel", { run }, person));
    expect(await pod.next("cancel")).toMatchObject(refOf(job));
    expect(await launcher.next("cancel")).toMatchObject(refOf(job));
    expect(unwrap(await stub.endAttempt({ end: { ...refOf(job), outcome: "canceled" }, token: launcher.token }))).toEqual({ open: true });
    expect(await runStatus(stub, run)).toBe("canceled");
  });
});

describe("attempt tokens", () => {
  it("a token ends with its time, which the step's limit decides", async () => {
    try {
      setClock(Date.UTC(2030, 0, 1));
      const { stub, launcher, job, token } = await launching();
      const { expiresAt } = unwrap(await stub.grantAttemptToken({ ref: refOf(job), token: launcher.token }));
      expect(expiresAt).toBe(Date.UTC(2030, 0, 2));
      moveClock(24 * 3_600_000 - 1);
      expect((await stub.checkAttemptToken({ text: token })).ok).toBe(true);
      moveClock(1);
      expect(await stub.checkAttemptToken({ text: token })).toMatchObject({ ok: false, error: { code: "unauthenticated" } });
    } finally {
      useRealClock();
    }
  });

  it("a token of one deployment opens nothing in another", async () => {
    const { token } = await launching();
    const other = await launching();
    expect(await other.stub.checkAttemptToken({ text: token })).toMatchObject({ ok: false, error: { code: "unauthenticated" } });
    expect(token).not.toContain(String((await rows(other.stub, "SELECT value FROM meta WHERE key = 'attempt_key'"))[0]?.["value"]));
  });

  it("an agent that is not connected gets no token", async () => {
    const { stub, launcher, job } = await launching();
    launcher.disconnect();
    await expect.poll(() => rows(stub, "SELECT status FROM agent")).toEqual([{ status: "disconnected" }]);
    expect(await stub.grantAttemptToken({ ref: refOf(job), token: launcher.token })).toMatchObject({
      ok: false,
      error: { code: "conflict", message: "'a' is not leased to a connected agent with this token; connect the agent first." },
    });
  });

  it("a step that runs on its agent gets no token", async () => {
    const stub = newDeployment();
    await stub.identify({ id: "dep-1", org: "acme", name: "prod" });
    await publish(stub, manifest(assetsOf({ a: [] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "a" });
    const job = await agent.job("a");
    await agent.reported(agent.started(job));
    expect(await stub.grantAttemptToken({ ref: refOf(job), token: agent.token })).toMatchObject({ ok: false, error: { code: "conflict" } });
  });

  it("a revoked token closes its pods so that they end", async () => {
    const { stub, launcher, pod } = await launching();
    await pod.start(stub);
    await stub.tokenRevoked({ token: launcher.token });
    await pod.waitFor(() => pod.closed !== null, "the close");
    await launcher.waitFor(() => launcher.closed !== null, "the close");
    expect([pod.closed?.code, launcher.closed?.code]).toEqual([CLOSE.replaced, CLOSE.revoked]);
  });

  it("hundreds of pods connect beside the limit of agents", async () => {
    const stub = newDeployment();
    await stub.identify({ id: "dep-1", org: "acme", name: "prod" });
    const keys = Array.from({ length: 120 }, (_, index) => [`a${index}`, []] as const);
    await publish(stub, manifest(assetsOf(Object.fromEntries(keys.map(([key]) => [key, []])))));
    const launcher = new FakeAgent();
    await launcher.start(stub, { slots: 200 });
    const run = await launch(stub, { selection: "*" });
    await launcher.waitFor(() => launcher.jobs().length === keys.length, "all jobs");
    await Promise.all(
      launcher.jobs().map(async (job) => {
        unwrap(await stub.grantAttemptToken({ ref: refOf(job), token: launcher.token }));
        const pod = FakeAgent.pod(job);
        await pod.start(stub);
        await pod.reported(...pod.success(await pod.job(job.step)));
        pod.disconnect(CLOSE.drained);
      }),
    );
    expect(await runStatus(stub, run.id)).toBe("succeeded");
    expect((await launcher.start(stub)).received).toBe(0);
    await expect.poll(() => podRows(stub)).toEqual([]);
  });
});
