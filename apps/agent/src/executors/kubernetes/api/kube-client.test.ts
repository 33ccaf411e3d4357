import { describe, expect, it } from "vitest";
import { KubeError } from "./kube-client.ts";

const FORBIDDEN = 'jobs.batch is forbidden: User "agent" cannot create resource "jobs" in API group "batch" in the namespace "lake"';

describe("refusals of the Kubernetes API", () => {
  it.each([
    [0, "connect ECONNREFUSED", true],
    [401, "Unauthorized", true],
    [403, FORBIDDEN, false],
    [403, `${FORBIDDEN}: RBAC: [clusterrole.rbac.authorization.k8s.io "system:basic-user" not found]`, true],
    [403, 'pods "a" is forbidden: violates PodSecurity "restricted:latest"', false],
    [404, "not found", false],
    [422, "Invalid", false],
    [429, "too many requests", true],
    [500, "etcdserver: request timed out", true],
    [503, "apiserver not ready", true],
  ])("status %i with '%s' may pass: %s", (code, message, passes) => {
    expect(new KubeError(message, { code, reason: "" }).mayPass).toBe(passes);
  });
});
