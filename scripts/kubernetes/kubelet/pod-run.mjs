/** One pod on the test kubelet, from its volumes to its last phase. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ContainerProcess } from "./container-process.mjs";
import { timestamp } from "./formats.mjs";
import { newContainerState, podStatus } from "./pod-status.mjs";
import { startProbes } from "./probes.mjs";
import { writeVolumes } from "./volumes.mjs";

const LAST_PHASES = ["Succeeded", "Failed"];
const DEFAULT_GRACE_SECONDS = 30;
const MAX_STATUS_TRIES = 20;

export class PodRun {
  #node;
  #startTime = timestamp();
  #written = Promise.resolve();
  phase = "Pending";
  stopping = null;

  /** @param {{ api: object, name: string, stateFolder: string, isolate: string, images: () => object, nextIp: () => string, log: Function }} node */
  constructor(node, pod) {
    this.#node = node;
    this.pod = pod;
    this.ip = node.nextIp();
    this.folder = join(node.stateFolder, "pods", pod.metadata.uid);
    this.states = new Map(this.#containers.map((container) => [container.name, newContainerState({ pod, container })]));
    mkdirSync(this.folder, { recursive: true });
  }

  get key() {
    return `${this.pod.metadata.namespace}/${this.pod.metadata.name}`;
  }

  get #containers() {
    return [...(this.pod.spec.initContainers ?? []), ...this.pod.spec.containers];
  }

  get #context() {
    const { api, name } = this.#node;
    const { namespace } = this.pod.metadata;
    const folder = join(this.folder, "volumes");
    return { api, namespace, pod: this.pod, folder, podFolder: this.folder, field: (path) => this.#field(path, name) };
  }

  #field(path, node) {
    const { metadata, spec } = this.pod;
    const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
    if (entry) return metadata[entry[1]]?.[entry[2]] ?? "";
    const fields = {
      "metadata.name": metadata.name,
      "metadata.namespace": metadata.namespace,
      "metadata.uid": metadata.uid,
      "spec.nodeName": node,
      "spec.serviceAccountName": spec.serviceAccountName,
      "status.podIP": this.ip,
      "status.hostIP": "127.0.0.1",
    };
    return fields[path] ?? "";
  }

  /** Statuses are written one after the other: a later one is never overtaken by an earlier one. */
  publish(extra = {}) {
    const status = () => {
      const { pod, phase, ip, states } = this;
      return podStatus({ pod, phase, ip, states, startTime: this.#startTime, ...extra });
    };
    this.#written = this.#written.then(() => this.#write(status()));
    return this.#written;
  }

  async #write(status) {
    const { api, log } = this.#node;
    const { namespace, name, uid } = this.pod.metadata;
    for (let tries = 1; ; tries++) {
      try {
        this.pod = await api.mergePatch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { metadata: { uid }, status });
        return;
      } catch (error) {
        if ([404, 409, 422].includes(error.code) || tries > MAX_STATUS_TRIES)
          return log(`${this.key}: status not written: ${error.message}`);
        await sleep(200);
      }
    }
  }

  async event(type, reason, message) {
    const { api, name: host, log } = this.#node;
    const { name, namespace, uid, resourceVersion } = this.pod.metadata;
    const body = {
      metadata: { generateName: `${name}.`, namespace },
      type,
      reason,
      message,
      count: 1,
      involvedObject: { kind: "Pod", apiVersion: "v1", name, namespace, uid, resourceVersion },
      source: { component: "kubelet", host },
      reportingComponent: "kubelet",
      reportingInstance: host,
      firstTimestamp: timestamp(),
      lastTimestamp: timestamp(),
    };
    // A namespace that ends takes no events.
    await api.call("POST", `/api/v1/namespaces/${namespace}/events`, { body }).catch((error) => log(`event: ${error.message}`));
  }

  async run() {
    const { spec } = this.pod;
    await this.publish();
    if (spec.activeDeadlineSeconds !== undefined) {
      const message = "Pod was active on the node longer than the specified deadline";
      const end = () => void this.stop({ phase: "Failed", reason: "DeadlineExceeded", message });
      setTimeout(end, spec.activeDeadlineSeconds * 1000).unref();
    }
    if (!(await this.#mount())) return;
    for (const container of spec.initContainers ?? []) {
      const code = await this.#runContainer(container, spec.restartPolicy === "Never" ? "Never" : "OnFailure");
      if (this.stopping) return;
      if (code === 0) continue;
      this.phase = "Failed";
      return await this.publish();
    }
    const codes = await Promise.all(spec.containers.map((container) => this.#runContainer(container, spec.restartPolicy)));
    if (this.stopping) return;
    this.phase = codes.every((code) => code === 0) ? "Succeeded" : "Failed";
    await this.publish();
  }

  /** A missing Secret or ConfigMap: the kubelet leaves the pod in ContainerCreating and says FailedMount. */
  async #mount() {
    let isTold = false;
    while (!this.stopping) {
      try {
        await writeVolumes(this.#context);
        return true;
      } catch (error) {
        if (!isTold) await this.event("Warning", "FailedMount", `MountVolume.SetUp failed: ${error.message}`);
        isTold = true;
        await sleep(500);
      }
    }
    return false;
  }

  /** -> the last exit code, when the container may not be started again. */
  async #runContainer(container, policy) {
    const state = this.states.get(container.name);
    for (let crashes = 0; ; crashes++) {
      const image = await this.#pull(container, state);
      if (image === null) return 1;
      const terminated = await this.#runOnce(container, { state, image });
      if (this.stopping) return terminated?.exitCode ?? 1;
      const isDone = policy === "Never" || (policy === "OnFailure" && terminated.exitCode === 0);
      if (isDone) {
        await this.publish();
        return terminated.exitCode;
      }
      await this.#backOff(container, { state, crashes });
      if (this.stopping) return terminated.exitCode;
    }
  }

  /** Half a second at first, not ten: tests wait for it. */
  async #backOff(container, { state, crashes }) {
    const seconds = Math.min(300, 0.5 * 2 ** crashes);
    state.restarts++;
    state.lastState = state.state;
    const message = `back-off ${seconds}s restarting failed container=${container.name} pod=${this.pod.metadata.name}`;
    state.state = { waiting: { reason: "CrashLoopBackOff", message } };
    await this.publish();
    await this.event("Warning", "BackOff", `Back-off restarting failed container ${container.name} in pod ${this.pod.metadata.name}`);
    await sleep(seconds * 1000);
  }

  async #pull(container, state) {
    for (let tries = 0; !this.stopping; tries++) {
      const image = this.#node.images()[container.image];
      if (image) {
        await this.event("Normal", "Pulling", `Pulling image "${container.image}"`);
        await sleep(image.pullMs ?? 0);
        await this.event("Normal", "Pulled", `Successfully pulled image "${container.image}"`);
        return image;
      }
      const message = `failed to pull and unpack image "${container.image}": not found`;
      const backsOff = tries % 2 === 1;
      const backOff = { reason: "ImagePullBackOff", message: `Back-off pulling image "${container.image}": ErrImagePull: ${message}` };
      state.state = { waiting: backsOff ? backOff : { reason: "ErrImagePull", message } };
      await this.publish();
      const said = backsOff ? "Error: ImagePullBackOff" : `Failed to pull image "${container.image}": ${message}`;
      await this.event("Warning", "Failed", said);
      await sleep(Math.min(4000, 300 * 2 ** tries));
    }
    return null;
  }

  /** -> how the process ended; null when the pod was stopped before. */
  async #runOnce(container, { state, image }) {
    const running = await this.#start(container, { state, image });
    if (running === null) return null;
    if ("exitCode" in running) return running;
    Object.assign(state, { running, id: `${this.pod.metadata.uid}-${container.name}-${state.restarts}` });
    state.logs.push(running.logPath);
    state.state = { running: { startedAt: running.startedAt } };
    state.started = !container.startupProbe;
    state.ready = !container.readinessProbe && state.started;
    if (this.pod.spec.containers.some(({ name }) => name === container.name)) this.phase = "Running";
    await this.publish();
    await this.event("Normal", "Started", `Started container ${container.name}`);
    const probes = new AbortController();
    this.#probe(container, { state, running, signal: probes.signal });
    const terminated = await running.ended;
    probes.abort();
    state.state = { terminated: { ...terminated, containerID: `local://${state.id}` } };
    Object.assign(state, { running: null, ready: false, started: false });
    return terminated;
  }

  async #start(container, { state, image }) {
    for (; !this.stopping; await sleep(1000)) {
      try {
        return await ContainerProcess.start(this.#context, { container, image, restarts: state.restarts, isolate: this.#node.isolate });
      } catch (error) {
        if (error.waiting === undefined) {
          const terminated = {
            exitCode: 128,
            reason: "StartError",
            message: error.message,
            startedAt: timestamp(),
            finishedAt: timestamp(),
          };
          state.state = { terminated };
          return terminated;
        }
        state.state = { waiting: { reason: error.waiting, message: error.message } };
        await this.publish();
        await this.event("Warning", "Failed", `Error: ${error.message}`);
      }
    }
    return null;
  }

  #probe(container, { state, running, signal }) {
    startProbes({
      container,
      ip: this.ip,
      running,
      isolate: this.#node.isolate,
      signal,
      state,
      onChange: () => void this.publish(),
      onFailed: (kind, why, probe) => {
        void this.event("Warning", "Unhealthy", `${kind[0].toUpperCase()}${kind.slice(1)} probe failed: ${why}`);
        if (kind === "readiness") return;
        void this.event("Normal", "Killing", `Container ${container.name} failed ${kind} probe, will be restarted`);
        void running.terminate(probe.terminationGracePeriodSeconds ?? this.#grace);
      },
    });
  }

  get #grace() {
    return this.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  }

  /** Ends every container: deletion, eviction, deadline. */
  stop(options = {}) {
    if (!LAST_PHASES.includes(this.phase)) this.stopping ??= this.#stop(options);
    return this.stopping;
  }

  async #stop({ grace, phase, reason, message, conditions }) {
    const states = this.#containers.map(({ name }) => this.states.get(name));
    for (const { name } of this.pod.spec.containers)
      if (this.states.get(name).running) await this.event("Normal", "Killing", `Stopping container ${name}`);
    await Promise.all(states.map((state) => state.running?.terminate(grace ?? this.#grace)));
    // `#runOnce` writes how each process ended.
    await sleep(20);
    const own = this.pod.spec.containers.map(({ name }) => this.states.get(name));
    const codes = own.map(({ state }) => state.terminated?.exitCode);
    const unknown = "The container could not be located when the pod was terminated";
    for (const state of own)
      if (!state.state.terminated) state.state = { terminated: { exitCode: 137, reason: "ContainerStatusUnknown", message: unknown } };
    this.phase = phase ?? (codes.every((code) => code === 0) ? "Succeeded" : "Failed");
    await this.publish({ reason, message, conditions });
  }

  /** Resolves when the last status is written. */
  written() {
    return this.#written;
  }
}
