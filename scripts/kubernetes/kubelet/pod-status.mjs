/** The status of a pod that the kubelet writes, from the states of its containers. */
import { timestamp } from "./formats.mjs";

/** The state of a container before anything of it ran. */
export function newContainerState({ pod, container }) {
  const waitsForInit = (pod.spec.initContainers ?? []).length > 0 && pod.spec.containers.includes(container);
  return {
    restarts: 0,
    ready: false,
    started: false,
    running: null,
    logs: [],
    id: null,
    state: { waiting: { reason: waitsForInit ? "PodInitializing" : "ContainerCreating" } },
    lastState: {},
  };
}

/** @param {{ pod: object, phase: string, ip: string, states: Map<string, object>, reason?: string, message?: string, conditions?: object[] }} input */
export function podStatus({ pod, phase, ip, states, startTime, reason = null, message = null, conditions = [] }) {
  const { containers, initContainers = [] } = pod.spec;
  const isInitialized = initContainers.every(({ name }) => states.get(name).state.terminated?.exitCode === 0);
  const isReady = phase === "Running" && containers.every(({ name }) => states.get(name).ready);
  const old = pod.status?.conditions ?? [];
  const condition = (type, holds, why) => {
    const status = holds ? "True" : "False";
    const known = old.find((entry) => entry.type === type);
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : timestamp();
    return { type, status, ...(!holds && why !== undefined && { reason: why }), lastTransitionTime };
  };
  const own = [
    condition("PodReadyToStartContainers", true),
    condition("Initialized", isInitialized, "ContainersNotInitialized"),
    condition("Ready", isReady, phase === "Running" ? "ContainersNotReady" : "PodCompleted"),
    condition("ContainersReady", isReady, "ContainersNotReady"),
    ...conditions,
  ];
  // A patch replaces the whole list, so conditions of others are written again.
  const others = old.filter(({ type }) => own.every((entry) => entry.type !== type));
  const containerStatus = (container) => statusOf(container, states.get(container.name));
  return {
    phase,
    hostIP: "127.0.0.1",
    hostIPs: [{ ip: "127.0.0.1" }],
    podIP: ip,
    podIPs: [{ ip }],
    startTime: pod.status?.startTime ?? startTime,
    reason,
    message,
    conditions: [...others, ...own],
    containerStatuses: containers.map(containerStatus),
    ...(initContainers.length > 0 && { initContainerStatuses: initContainers.map(containerStatus) }),
  };
}

function statusOf({ name, image }, { restarts, ready, started, state, lastState, id }) {
  return {
    name,
    image,
    imageID: state.waiting ? "" : `local://${image}`,
    ready,
    started,
    restartCount: restarts,
    state,
    lastState,
    ...(id !== null && { containerID: `local://${id}` }),
  };
}
