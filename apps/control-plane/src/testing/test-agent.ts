/** An agent as the control plane sees it, for fast tests: real frames over a socket, and every answer is there when a call returns. */
import { PING } from "@headgate/shared/protocol/constants.ts";
import { type DownFrame, downFrameSchema, type JobFrame } from "@headgate/shared/protocol/down.ts";
import type { Hello, UpFrame, UpItem } from "@headgate/shared/protocol/up.ts";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import { helloOf } from "./hello.ts";
import type { NodeWebSocket } from "./platform/web-socket.ts";

export type UnnumberedItem = UpItem extends infer Item ? (Item extends UpItem ? Omit<Item, "s"> : never) : never;
type Frame<T extends DownFrame["t"]> = Extract<DownFrame, { t: T }>;

export class TestAgent {
  readonly instance: string;
  readonly frames: DownFrame[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly #socket: NodeWebSocket;
  readonly #now: () => number;
  #sent = 0;

  constructor(socket: NodeWebSocket, options: { readonly instance: string; readonly now: () => number }) {
    this.instance = options.instance;
    this.#socket = socket;
    this.#now = options.now;
    socket.addEventListener("message", (event) => {
      const { data } = event as Event & { data: string };
      if (data.startsWith("{")) this.frames.push(downFrameSchema.parse(JSON.parse(data)));
    });
    socket.addEventListener("close", (event) => {
      const { code, reason } = event as Event & { code: number; reason: string };
      this.closed = { code, reason };
    });
    socket.accept();
  }

  hello(hello: Partial<Hello> = {}): void {
    this.send(helloOf(this.instance, hello));
  }

  send(frame: UpFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string | ArrayBuffer): void {
    this.#socket.send(text);
  }

  ping(): void {
    this.sendText(PING);
  }

  disconnect(code = 1000): void {
    this.#socket.close(code, "bye");
  }

  /** Numbers the items and sends them in one batch. */
  report(...items: readonly UnnumberedItem[]): void {
    this.send({ t: "batch", items: items.map((item) => ({ ...item, s: ++this.#sent })) });
  }

  /** All frames of a kind, oldest first. */
  all<T extends DownFrame["t"]>(type: T): Frame<T>[] {
    return this.frames.filter((frame): frame is Frame<T> => frame.t === type);
  }

  /** The newest frame of a kind. */
  last<T extends DownFrame["t"]>(type: T): Frame<T> {
    const found = this.all(type).at(-1);
    if (!found) throw new Error(`no ${type} frame; got ${JSON.stringify(this.frames)}`);
    return found;
  }

  /** Steps that it was given, in order. */
  steps(): string[] {
    return this.all("job").map(({ step }) => step);
  }

  job(step: string, attempt = 1): JobFrame {
    const found = this.all("job").find((frame) => frame.step === step && frame.attempt === attempt);
    if (!found) throw new Error(`no job for attempt ${attempt} of ${step}; got ${JSON.stringify(this.steps())}`);
    return found;
  }

  event(job: JobFrame, event: StepEvent): UnnumberedItem {
    return { k: "event", run: job.run, step: job.step, epoch: job.epoch, at: this.#now(), event };
  }

  done(job: JobFrame, result: StepOutcome): UnnumberedItem {
    return { k: "done", run: job.run, step: job.step, epoch: job.epoch, at: this.#now(), result };
  }

  started(job: JobFrame): UnnumberedItem {
    return this.event(job, { type: "step_started", worker: "w1", pid: 1 });
  }

  /** Starts the step, materializes its assets and ends it well. */
  succeed(step: string | JobFrame, attempt = 1): void {
    const job = typeof step === "string" ? this.job(step, attempt) : step;
    const assets = job.assets.map((asset) => this.event(job, { type: "asset_materialized", asset, metadata: {} }));
    this.report(this.started(job), ...assets, this.done(job, { outcome: "succeeded" }));
  }

  fail(step: string, options: { readonly attempt?: number; readonly retryable?: boolean } = {}): void {
    const job = this.job(step, options.attempt);
    const failure = { kind: "user_code", message: "no luck" } as const;
    this.report(this.started(job), this.done(job, { outcome: "failed", failure, retryable: options.retryable ?? false }));
  }
}
