import { describe, expect, it } from "vitest";
import type { Job, Pod } from "./api/objects.ts";
import { diagnose } from "./diagnosis.ts";

const JOB: Job = { metadata: { name: "hg-1" }, spec: {} };
const POD: Pod = { metadata: { name: "hg-1-abc" }, spec: { containers: [{ name: "step", image: "a:1" }] } };
const target = (reason: string, message?: string): Pod => ({
  ...POD,
  status: {
    phase: "Failed",
    conditions: [{ type: "DisruptionTarget", status: "True", reason, ...(message !== undefined && { message }) }],
  },
});
const condition = (type: string, reason?: string): Job => ({
  ...JOB,
  status: { conditions: [{ type, status: "True", ...(reason !== undefined && { reason }) }] },
});

/** States that need more than one node, a scheduler under pressure or a lost node, as Kubernetes 1.36 showed them. */
describe("diagnosis of a Job", () => {
  it.each([
    ["PreemptionByScheduler", /preempted the pod/],
    ["DeletionByTaintManager", /node of the pod was lost or drained/],
    ["EvictionByEvictionAPI", /evicted/],
    ["SomethingNew", /disrupted \(SomethingNew\)/],
  ])("a pod disrupted by %s blames the infrastructure", (reason, said) => {
    const found = diagnose({ job: condition("FailureTarget", "BackoffLimitExceeded"), pod: target(reason), events: [] });
    expect(found).toMatchObject({ state: "failed", cause: "infrastructure", failure: { message: expect.stringMatching(said) as unknown } });
  });

  it("a decided Job does not wait for its pod", () => {
    expect(diagnose({ job: condition("FailureTarget", "PodFailurePolicy"), pod: null, events: [] })).toMatchObject({ state: "failed" });
    expect(diagnose({ job: condition("SuccessCriteriaMet"), pod: null, events: [] })).toEqual({ state: "done" });
  });

  it("a pod that succeeded before its node went is done", () => {
    const pod = { ...target("DeletionByTaintManager"), status: { phase: "Succeeded" } };
    expect(diagnose({ job: JOB, pod, events: [] })).toEqual({ state: "done" });
  });

  it("an image name that cannot be right says where to look", () => {
    const state = { waiting: { reason: "InvalidImageName", message: "couldn't parse image name" } };
    const pod: Pod = { ...POD, status: { phase: "Pending", containerStatuses: [{ name: "step", image: "A:1", restartCount: 0, state }] } };
    expect(diagnose({ job: JOB, pod, events: [] })).toMatchObject({
      state: "waits",
      reason: "image",
      message: expect.stringMatching(/A:1 cannot be pulled \(InvalidImageName\).*imagePullSecrets/) as unknown,
    });
  });

  it("a volume that cannot be mounted is only found in the events", () => {
    const event = { metadata: { name: "e" }, reason: "FailedMount", message: 'secret "lake" not found', involvedObject: {} };
    const pod: Pod = { ...POD, status: { phase: "Pending" } };
    expect(diagnose({ job: JOB, pod, events: [event] })).toMatchObject({
      reason: "configuration",
      message: expect.stringContaining('"lake"') as unknown,
    });
  });
});
