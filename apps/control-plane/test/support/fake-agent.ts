/** An agent as the control plane sees it: a real socket with real frames. It executes nothing; the test decides what it reports. */
import { downFrameSchema, type DownFrame, type JobFrame } from "@headgate/shared/protocol/down.ts";
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import { PONG } from "@headgate/shared/protocol/constants.ts";
import type { Hello, UpFrame, UpItem } from "@headgate/shared/protocol/up.ts";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import { SOCKET_HEADERS } from "../../src/deployment/kernel/socket-headers.ts";
import { helloOf } from "../../src/testing/hello.ts";
import type { DeploymentObject } from "./deployment.ts";

export type UnnumberedItem = UpItem extends infer Item ? (Item extends UpItem ? Omit<Item, "s"> : never) : never;

export class FakeAgent {
  readonly instance: string;
  readonly token: string;
  readonly frames: DownFrame[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;
  #socket: WebSocket | null = null;
  #wake: (() => void)[] = [];
  #sent = 0;
  #pong: () => void = () => undefined;

  constructor(instance = crypto.randomUUID(), token = "tok_agent") {
    this.instance = instance;
    this.token = token;
  }

  /** The attempt of its token; null for an agent that is no pod. */
  attempt: AttemptRef | null = null;

  /** A pod that connects with the token of this attempt. */
  static pod({ run, step, epoch }: AttemptRef): FakeAgent {
    const pod = new FakeAgent();
    pod.attempt = { run, step, epoch };
    return pod;
  }

  async connect(stub: DeploymentObject): Promise<void> {
    const response = await stub.fetch("http://deployment/agent/v1/connect", {
      headers: {
        upgrade: "websocket",
        [SOCKET_HEADERS.kind]: "agent",
        [SOCKET_HEADERS.token]: this.token,
        [SOCKET_HEADERS.tokenName]: "test%20agent",
        ...(this.attempt && { [SOCKET_HEADERS.attempt]: encodeURIComponent(JSON.stringify(this.attempt)) }),
      },
    });
    const socket = response.webSocket;
    if (!socket) throw new Error(`no socket: ${response.status} ${await response.text()}`);
    this.closed = null;
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      if (event.data === PONG) {
        this.#pong();
        this.#notify();
        return;
      }
      this.frames.push(downFrameSchema.parse(JSON.parse(String(event.data))));
      this.#notify();
    });
    socket.addEventListener("close", (event) => {
      if (this.#socket === socket) this.closed = { code: event.code, reason: event.reason };
      this.#notify();
    });
    socket.accept();
  }

  onPong(listener: () => void): void {
    this.#pong = listener;
  }

  async start(stub: DeploymentObject, hello: Partial<Hello> = {}): Promise<Extract<DownFrame, { t: "welcome" }>> {
    await this.connect(stub);
    const before = this.frames.length;
    this.hello(hello);
    return this.next("welcome", before);
  }

  hello(hello: Partial<Hello> = {}): void {
    this.send(helloOf(this.instance, hello));
  }

  send(frame: UpFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string | ArrayBuffer): void {
    this.#socket?.send(text);
  }

  disconnect(code = 1000): void {
    this.#socket?.close(code, "bye");
  }

  /** Numbers the items and sends them in one batch. */
  report(...items: UnnumberedItem[]): number {
    this.send({ t: "batch", items: items.map((item) => ({ ...item, s: ++this.#sent })) });
    return this.#sent;
  }

  /** Sends items and waits until they are stored. */
  async reported(...items: UnnumberedItem[]): Promise<void> {
    const before = this.frames.length;
    const last = this.report(...items);
    await this.waitFor(() => this.frames.slice(before).some((frame) => frame.t === "ack" && frame.s >= last));
  }

  event(job: JobFrame, event: StepEvent): UnnumberedItem {
    return { k: "event", run: job.run, step: job.step, epoch: job.epoch, at: Date.now(), event };
  }

  done(job: JobFrame, result: StepOutcome): UnnumberedItem {
    return { k: "done", run: job.run, step: job.step, epoch: job.epoch, at: Date.now(), result };
  }

  started(job: JobFrame): UnnumberedItem {
    return this.event(job, { type: "step_started", worker: "w1", pid: 1 });
  }

  /** All reports of a successful step with one asset. */
  success(job: JobFrame): UnnumberedItem[] {
    return [
      this.started(job),
      ...job.assets.map((asset) =>
        this.event(job, { type: "asset_materialized", asset, metadata: { row_count: { type: "int", value: 3 } } }),
      ),
      this.done(job, { outcome: "succeeded" }),
    ];
  }

  jobs(): JobFrame[] {
    return this.frames.filter((frame) => frame.t === "job");
  }

  /** The first frame of a kind at or after a position. */
  async next<T extends DownFrame["t"]>(type: T, from = 0): Promise<Extract<DownFrame, { t: T }>> {
    const find = () => this.frames.slice(from).find((frame): frame is Extract<DownFrame, { t: T }> => frame.t === type);
    await this.waitFor(() => find() !== undefined);
    const found = find();
    if (!found) throw new Error(`no ${type} frame`);
    return found;
  }

  async job(step: string, attempt = 1): Promise<JobFrame> {
    const find = () => this.jobs().find((frame) => frame.step === step && frame.attempt === attempt);
    await this.waitFor(() => find() !== undefined);
    const found = find();
    if (!found) throw new Error(`no job for ${step}`);
    return found;
  }

  async waitFor(condition: () => boolean, what = "a frame"): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!condition()) {
      if (Date.now() > deadline)
        throw new Error(
          `waited too long for ${what}; got ${JSON.stringify(this.frames.map((frame) => frame.t))}, closed ${JSON.stringify(this.closed)}`,
        );
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
        setTimeout(resolve, 200);
      });
    }
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
