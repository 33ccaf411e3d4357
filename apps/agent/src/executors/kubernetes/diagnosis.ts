/**
 * Says what a Job does, from what Kubernetes shows of it: it waits and why, it runs, or it ended and how. The sentences are read by people in
 * the run, so each says what to do. `docs/operations/troubleshooting.md` has the same list.
 */
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { Condition, ContainerStatus, Job, KubeEvent, Pod } from "./api/objects.ts";
import { JOB_LABEL } from "./job-name.ts";
import { CONTAINER } from "./job-spec.ts";

export type Diagnosis =
  | { readonly state: "waits"; readonly reason: WaitReason; readonly message: string }
  | { readonly state: "runs" }
  | { readonly state: "done" }
  | { readonly state: "failed"; readonly failure: Failure; readonly cause: "user" | "infrastructure" };

/** What a Job waits for. Each has a limit of its own. */
export type WaitReason = "no_pod" | "no_node" | "image" | "configuration" | "starting";

export interface Observed {
  readonly job: Job;
  readonly pod: Pod | null;
  /** Events of the Job and its pod, the oldest first. They are only read while something waits. */
  readonly events: readonly KubeEvent[];
}

/** Waiting reasons of containers that no waiting mends. */
const HOPELESS = new Set(["InvalidImageName", "ErrImageNeverPull"]);
const IMAGE_REASONS = new Set(["ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError", ...HOPELESS]);
const CONFIGURATION_REASONS = new Set(["CreateContainerConfigError", "CreateContainerError"]);
const INFRASTRUCTURE: Readonly<Record<string, string>> = {
  TerminationByKubelet: "The node evicted the pod",
  PreemptionByScheduler: "The scheduler preempted the pod for one of higher priority",
  DeletionByTaintManager: "The node of the pod was lost or drained",
  EvictionByEvictionAPI: "The pod was evicted, for instance by the drain of its node",
  DeletionByPodGC: "The pod was removed because its node is gone",
};

export function diagnose(observed: Observed): Diagnosis {
  const { job, pod } = observed;
  if (pod !== null) {
    const disrupted = conditionOf(pod.status?.conditions, "DisruptionTarget");
    // Read first: the Job's own reason, BackoffLimitExceeded, looks like a fault of the step.
    if (disrupted !== null && !hasSucceeded(pod)) return disruption(disrupted);
    const ended = endOf(pod);
    if (ended !== null) return ended;
  }
  const decided = decisionOf(job);
  if (decided !== null) return decided;
  if (pod === null) return withoutPod(observed);
  if (pod.status?.phase === "Running") return { state: "runs" };
  return waiting(observed, pod);
}

/** Waits that end at once, because nothing will change by itself. */
export function isHopeless(diagnosis: Diagnosis, pod: Pod | null): boolean {
  if (diagnosis.state !== "waits" || pod === null) return false;
  return containerStatuses(pod).some(({ state }) => HOPELESS.has(state?.waiting?.reason ?? ""));
}

function hasSucceeded({ status }: Pod): boolean {
  return status?.phase === "Succeeded";
}

function disruption({ reason = "", message }: Condition): Diagnosis {
  const what = INFRASTRUCTURE[reason] ?? `The pod was disrupted (${reason})`;
  return infrastructure(message === undefined || message === "" ? `${what}.` : `${what}: ${message}`);
}

function endOf(pod: Pod): Diagnosis | null {
  const { phase, reason, message } = pod.status ?? {};
  if (phase === "Succeeded") return { state: "done" };
  if (phase !== "Failed") return null;
  if (reason === "DeadlineExceeded") return deadline();
  if (reason === "Evicted") return infrastructure(`The node evicted the pod: ${message ?? "it gave no reason"}`);
  if (reason === "NodeLost" || reason === "Shutdown" || reason === "Terminated")
    return infrastructure(`The node of the pod stopped: ${message ?? reason}`);
  const terminated = containerStatuses(pod).find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (terminated === undefined) return infrastructure(message ?? "The pod failed, and no container of it says why.");
  return exitOf(terminated, pod);
}

function exitOf({ name, state }: ContainerStatus, pod: Pod): Diagnosis {
  const { exitCode = 0, reason, message = "" } = state?.terminated ?? {};
  if (reason === "OOMKilled") {
    const limit = pod.spec.containers.find((container) => container.name === name)?.resources?.limits?.["memory"];
    const of = limit === undefined ? "the memory of its node" : `its memory limit of ${limit}`;
    return user({
      kind: "out_of_memory",
      message: `The pod used more than ${of} and was killed (OOMKilled). Give the asset a higher memory limit, or let it use less.`,
    });
  }
  if (reason === "ContainerStatusUnknown") return infrastructure("The node lost track of the pod while it ran.");
  if (reason === "StartError" || reason === "ContainerCannotRun")
    return user({
      kind: "worker_died",
      message: `The container could not start: ${firstLine(message)}. The image must have the agent as its entry point.`,
    });
  return user({
    kind: "worker_died",
    message: `The pod ended with exit code ${exitCode} before it reported the end of the step${message === "" ? "." : `: ${firstLine(lastLines(message))}`}`,
    ...(message !== "" && { stack: message }),
  });
}

function decisionOf({ status, metadata }: Job): Diagnosis | null {
  // Since Kubernetes 1.31 Failed and Complete wait for the pods; these two are set when it is decided.
  const failed = conditionOf(status?.conditions, "Failed") ?? conditionOf(status?.conditions, "FailureTarget");
  if (failed !== null)
    return failed.reason === "DeadlineExceeded"
      ? deadline()
      : infrastructure(`The Job failed: ${failed.message ?? failed.reason ?? "Kubernetes gives no reason"}`);
  if (conditionOf(status?.conditions, "Complete") !== null || conditionOf(status?.conditions, "SuccessCriteriaMet") !== null)
    return { state: "done" };
  if (metadata.deletionTimestamp !== undefined) return infrastructure("The Job was deleted while the step ran, and not by Headgate.");
  return null;
}

function withoutPod({ events }: Observed): Diagnosis {
  const refused = events.findLast(({ reason }) => reason === "FailedCreate");
  if (refused === undefined) return { state: "waits", reason: "no_pod", message: "Kubernetes has made no pod for the Job yet." };
  return { state: "waits", reason: "no_pod", message: `Kubernetes refuses the pod: ${refusal(refused.message ?? "")}` };
}

/** Each try names another pod, so the name is left out. */
function refusal(message: string): string {
  const plain = message.replace(/^Error creating: /, "").replace(/pods "[^"]*" is forbidden: /, "");
  if (plain.includes("exceeded quota"))
    return `${plain}. It tries again when the quota has room; raise the ResourceQuota or lower the requests.`;
  if (plain.includes("violates PodSecurity"))
    return `${plain}. Change runs.podSecurityContext and runs.securityContext, or the level of the namespace.`;
  if (/serviceaccount "[^"]*" not found/.test(plain)) return `${plain}. Create the ServiceAccount, or set runs.serviceAccountName.`;
  return plain;
}

function waiting({ events }: Observed, pod: Pod): Diagnosis {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False")
    return { state: "waits", reason: "no_node", message: `No node fits: ${scheduled.message ?? "the scheduler gives no reason"}` };
  for (const { state, image } of containerStatuses(pod)) {
    const { reason = "", message = "" } = state?.waiting ?? {};
    if (IMAGE_REASONS.has(reason))
      return {
        state: "waits",
        reason: "image",
        message: `The image ${image} cannot be pulled (${reason}): ${message}. Check its name, and imagePullSecrets for a private registry.`,
      };
    if (CONFIGURATION_REASONS.has(reason))
      return { state: "waits", reason: "configuration", message: `The container cannot be made (${reason}): ${message}` };
  }
  // The Secret with the token is made right after the Job; a pod that is faster finds it at its next try.
  const own = pod.metadata.labels?.[JOB_LABEL] ?? pod.metadata.name;
  const unmounted = events.findLast(({ reason, message = "" }) => reason === "FailedMount" && !message.includes(own));
  if (unmounted !== undefined)
    return { state: "waits", reason: "configuration", message: `A volume cannot be mounted: ${unmounted.message ?? ""}` };
  const pulls = events.findLast(({ reason }) => reason === "Pulling" || reason === "Pulled");
  if (pulls?.reason === "Pulling") return { state: "waits", reason: "starting", message: pulls.message ?? "The image is being pulled." };
  return { state: "waits", reason: "starting", message: "The pod is starting." };
}

function containerStatuses({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].sort(
    (a, b) => Number(b.name === CONTAINER) - Number(a.name === CONTAINER),
  );
}

function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | null {
  return conditions?.find((entry) => entry.type === type && entry.status === "True") ?? null;
}

function deadline(): Diagnosis {
  return user({
    kind: "timeout",
    message: "The Job ran longer than runs.activeDeadlineSeconds and was ended. Raise it, or give the step a time limit of its own.",
  });
}

function infrastructure(message: string): Diagnosis {
  return { state: "failed", failure: { kind: "agent_lost", message }, cause: "infrastructure" };
}

function user(failure: Failure): Diagnosis {
  return { state: "failed", failure, cause: "user" };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.trim() ?? "";
}

function lastLines(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
