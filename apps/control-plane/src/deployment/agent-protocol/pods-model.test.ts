/** Pods and launchers that vanish, return, double and lie in random order: no attempt runs twice, and nothing is left at the end. */
import { describe, expect, it } from "vitest";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import { attemptEndSchema } from "@headgate/shared/protocol/attempt.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { cancelRun } from "../runs/execute/cancel-run.ts";
import { randomOf } from "../../testing/seed.ts";
import type { TestAgent } from "../../testing/test-agent.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { endAttemptOfPod } from "./attempt-end.ts";
import { noteAttemptWaits } from "./attempt-waits.ts";
import { grant, nameDeployment, TOKEN } from "./pods.test-support.ts";

const SLOTS = 2;
const refOf = ({ run, step, epoch }: AttemptRef): AttemptRef => ({ run, step, epoch });
const isOpen = (agent: TestAgent | null): agent is TestAgent => agent !== null && agent.closed === null;

class Launcher {
  socket: TestAgent | null = null;
  readonly jobs: JobFrame[] = [];
  readonly instance: string;
  readonly #deployment: TestDeployment;

  constructor(deployment: TestDeployment, instance: string) {
    this.#deployment = deployment;
    this.instance = instance;
  }

  connect(): void {
    this.read();
    this.socket = this.#deployment.agent({ instance: this.instance, slots: SLOTS, running: this.jobs.map(refOf) });
    const { drop } = this.socket.last("welcome");
    for (const ref of drop) {
      const at = this.jobs.findIndex((job) => job.run === ref.run && job.step === ref.step && job.epoch === ref.epoch);
      if (at >= 0) this.jobs.splice(at, 1);
    }
  }

  /** New jobs. */
  read(): void {
    for (const job of this.socket?.all("job") ?? [])
      if (!this.jobs.some((known) => known.run === job.run && known.step === job.step && known.epoch === job.epoch)) this.jobs.push(job);
  }
}

/** A pod process; it never runs user code twice, whatever happens to its connection. */
class Pod {
  socket: TestAgent | null = null;
  job: JobFrame | null = null;
  isOver = false;
  #hasStarted = false;
  #hasEnded = false;
  #sent = 0;
  readonly #deployment: TestDeployment;
  readonly #ref: AttemptRef;
  readonly #instance: string;

  constructor(deployment: TestDeployment, ref: AttemptRef, instance: string) {
    this.#deployment = deployment;
    this.#ref = ref;
    this.#instance = instance;
  }

  connect(): void {
    const known = this.job && !this.#hasEnded ? [this.#ref] : [];
    const done = this.#hasEnded ? [this.#ref] : [];
    this.socket = this.#deployment.pod(this.#ref, this.#instance, { running: known, unacknowledged: done });
    this.read();
    if (this.isOver) return;
    // It sends again what was not stored.
    const { received } = this.socket.last("welcome");
    if (received < this.#sent) this.isOver = true;
  }

  read(): void {
    const [job] = this.socket?.all("job") ?? [];
    if (job) this.job = job;
    if (this.socket?.closed?.code === CLOSE.replaced) this.isOver = true;
  }

  work(random: () => number): void {
    if (!isOpen(this.socket) || !this.job || this.#hasEnded) return;
    const { socket, job } = this;
    const step = { ...refOf(job), at: 0 };
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      socket.send({ t: "batch", items: [{ k: "event", s: ++this.#sent, ...step, event: { type: "step_started", worker: "w", pid: 1 } }] });
      return;
    }
    this.#hasEnded = true;
    if (random() < 0.2) {
      const failure = { kind: "user_code", message: "no luck" } as const;
      socket.send({
        t: "batch",
        items: [{ k: "done", s: ++this.#sent, ...step, result: { outcome: "failed", failure, retryable: true } }],
      });
      return;
    }
    socket.send({
      t: "batch",
      items: [
        { k: "event", s: ++this.#sent, ...step, event: { type: "asset_materialized", asset: job.step, metadata: {} } },
        { k: "done", s: ++this.#sent, ...step, result: { outcome: "succeeded" } },
      ],
    });
  }
}

class World {
  readonly pods: Pod[] = [];
  readonly launchers: readonly Launcher[];
  readonly runs: string[] = [];
  readonly deployment: TestDeployment;
  readonly #random: () => number;

  constructor(deployment: TestDeployment, random: () => number) {
    this.deployment = deployment;
    this.#random = random;
    this.launchers = ["launcher-one", "launcher-two"].map((instance) => new Launcher(deployment, instance));
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }

  act(): void {
    const chance = this.#random();
    const launcher = this.pick(this.launchers);
    for (const each of this.launchers) each.read();
    for (const each of this.pods) each.read();
    const pod = this.pick(this.pods.filter(({ isOver }) => !isOver));
    const job = launcher && this.pick(launcher.jobs);
    if (chance < 0.05 && this.runs.length < 6) this.runs.push(this.deployment.launch({ selection: "*" }));
    else if (chance < 0.15 && !isOpen(launcher?.socket ?? null)) launcher?.connect();
    else if (chance < 0.17) launcher?.socket?.disconnect();
    else if (chance < 0.4 && job && grant(this.deployment, job).ok) this.pods.push(this.newPod(job));
    else if (chance < 0.42 && job) this.say(job);
    else if (chance < 0.44 && job && isOpen(launcher.socket)) this.lie(launcher, job);
    else if (chance < 0.45 && this.runs.length > 0) this.cancel();
    else if (chance < 0.5) this.pass(31_000);
    else if (chance < 0.62) pod?.socket?.disconnect();
    else if (pod && !pod.isOver && !isOpen(pod.socket)) pod.connect();
    else pod?.work(this.#random);
  }

  newPod(job: JobFrame): Pod {
    return new Pod(this.deployment, refOf(job), `pod-number-${this.pods.length}`);
  }

  say(job: JobFrame): void {
    const failure = { kind: "agent_lost", message: "The pod was evicted." };
    const end = attemptEndSchema.parse({ ...refOf(job), failure, retryable: this.#random() < 0.5, infrastructure: this.#random() < 0.5 });
    this.deployment.commit((tx) => noteAttemptWaits(tx, { waits: { ...refOf(job), reason: "quota" }, token: TOKEN }));
    if (this.#random() < 0.5) this.deployment.commit((tx) => endAttemptOfPod(tx, { end, token: TOKEN }));
  }

  /** A report of the launcher about a step that may be in a pod. Only before the hand-over it counts. */
  lie(launcher: Launcher, job: JobFrame): void {
    const { socket } = launcher;
    if (!socket) return;
    const received = this.deployment.rows("SELECT received FROM agent WHERE instance = ?", launcher.instance)[0]?.["received"] as number;
    socket.send({ t: "batch", items: [{ ...socket.done(job, { outcome: "canceled" }), s: received + 1 }] });
  }

  cancel(): void {
    const run = this.pick(this.runs);
    if (run !== undefined) this.deployment.commit((tx) => cancelRun(tx, { run, by: "ada", reason: undefined }));
  }

  pass(ms: number): void {
    for (const { socket } of [...this.launchers, ...this.pods]) if (isOpen(socket)) socket.ping();
    this.deployment.pass(ms);
  }

  check(): void {
    const { deployment } = this;
    // The user code of an attempt starts at most once, and its result is recorded at most once.
    for (const type of ["step_started", "asset_materialized", "step_succeeded"])
      expect(
        deployment.rows("SELECT run_no, step, attempt FROM event WHERE type = ? GROUP BY run_no, step, attempt HAVING count(*) > 1", type),
      ).toEqual([]);
    // A pod's step occupies a slot of its launcher.
    for (const { agent, count } of deployment.rows(
      "SELECT coalesce(launcher, agent) AS agent, count(*) AS count FROM step WHERE status IN ('assigned', 'running') GROUP BY 1",
    )) {
      expect(this.launchers.map(({ instance }) => instance)).toContain(agent);
      expect(count).toBeLessThanOrEqual(SLOTS);
    }
    // A pod that is gone and has no step is forgotten.
    expect(
      deployment.rows(
        `SELECT instance FROM agent WHERE pod_of IS NOT NULL AND status = 'disconnected'
           AND instance NOT IN (SELECT agent FROM step WHERE status IN ('assigned', 'running'))`,
      ),
    ).toEqual([]);
  }

  /** The network recovers, and everything must end by itself. */
  settle(): void {
    for (let round = 0; round < 500; round++) {
      for (const launcher of this.launchers) {
        launcher.read();
        if (!isOpen(launcher.socket)) launcher.connect();
        for (const job of launcher.jobs.splice(0)) if (grant(this.deployment, job).ok) this.pods.push(this.newPod(job));
      }
      for (const pod of this.pods) {
        pod.read();
        if (!pod.isOver && !isOpen(pod.socket)) pod.connect();
        pod.work(() => 1);
      }
      this.check();
      if (this.deployment.rows("SELECT id FROM run WHERE status NOT IN ('succeeded', 'failed', 'canceled')").length === 0) return;
      this.pass(31_000);
    }
    throw new Error("The runs never come to an end.");
  }
}

describe("pods in random order", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("with seed %i no attempt runs twice and nothing is left", async (seed) => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [], b: ["a"], c: [] }, { unit: { retry: { maxRetries: 2 } } })));
    nameDeployment(deployment);
    const world = new World(deployment, randomOf(seed));
    for (let turn = 0; turn < 400; turn++) {
      world.act();
      world.check();
    }
    world.settle();
    for (const { socket } of world.pods) socket?.disconnect();
    expect(deployment.rows("SELECT instance FROM agent WHERE pod_of IS NOT NULL")).toEqual([]);
    expect(world.pods.length).toBeGreaterThan(3);
  });
});
