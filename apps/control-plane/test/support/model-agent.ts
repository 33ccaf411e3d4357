/** An agent that follows the protocol over a bad network: it numbers, keeps and repeats its reports, and loses them in a crash. */
import type { DownFrame, JobFrame } from "@headgate/shared/protocol/down.ts";
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import type { DeploymentObject } from "./deployment.ts";
import { FakeAgent, type UnnumberedItem } from "./fake-agent.ts";

export interface Emitted {
  readonly run: string;
  readonly step: string;
  readonly epoch: number;
  readonly message: string;
}

interface Work {
  readonly job: JobFrame;
  /** The items still to report, in order. */
  readonly left: UnnumberedItem[];
  canceled: boolean;
}

export class ModelAgent {
  #agent = new FakeAgent();
  readonly #work = new Map<string, Work>();
  readonly #seen = new Set<string>();
  #outbox: UpItem[] = [];
  #number = 0;
  /** The highest item number sent over the current connection. */
  #sent = 0;
  #read = 0;
  online = false;
  readonly emitted: Emitted[];
  readonly #random: () => number;

  constructor(random: () => number, emitted: Emitted[]) {
    this.#random = random;
    this.emitted = emitted;
  }

  get busy(): boolean {
    return this.#work.size > 0 || this.#outbox.length > 0;
  }

  async connect(stub: DeploymentObject): Promise<void> {
    this.#read = this.#agent.frames.length;
    await this.#agent.connect(stub);
    this.#agent.hello({
      running: [...this.#work.values()].map(({ job }) => ({ run: job.run, step: job.step, epoch: job.epoch })),
      unacknowledged: this.#outbox
        .filter((item) => item.k === "done")
        .map((item) => ({ run: item.run, step: item.step, epoch: item.epoch })),
    });
    const welcome = await this.#agent.next("welcome", this.#read);
    this.online = true;
    for (const ref of welcome.drop) this.#work.delete(keyOf(ref));
    this.#acknowledged(welcome.received);
    this.#sent = welcome.received;
    this.read();
  }

  disconnect(): void {
    this.#agent.disconnect();
    this.online = false;
  }

  /** The process dies: nothing survives, and the next process has another identity. */
  crash(): void {
    this.disconnect();
    this.#agent = new FakeAgent();
    this.#work.clear();
    this.#seen.clear();
    this.#outbox = [];
    this.#number = 0;
    this.#sent = 0;
    this.#read = 0;
  }

  /** Handles the frames that arrived since the last call. */
  read(): void {
    if (this.#agent.closed) this.online = false;
    for (; this.#read < this.#agent.frames.length; this.#read++) {
      const frame = this.#agent.frames[this.#read];
      if (frame) this.#handle(frame);
    }
  }

  #handle(frame: DownFrame): void {
    if (frame.t === "ack") this.#acknowledged(frame.s);
    if (frame.t === "cancel") {
      const work = this.#work.get(keyOf(frame));
      if (work) work.canceled = true;
    }
    if (frame.t !== "job" || this.#seen.has(keyOf(frame))) return;
    this.#seen.add(keyOf(frame));
    this.#work.set(keyOf(frame), { job: frame, left: this.#script(frame), canceled: false });
  }

  #script(job: JobFrame): UnnumberedItem[] {
    const at = 0;
    const ref = { run: job.run, step: job.step, epoch: job.epoch };
    const log = (message: string): UnnumberedItem => ({ k: "event", ...ref, at, event: { type: "log", level: "info", message } });
    const logs = Array.from({ length: Math.floor(this.#random() * 4) }, (_, index) => log(`${this.#agent.instance}/${job.epoch}/${index}`));
    const failure = { kind: "user_code", message: "bad luck" } as const;
    const end: UnnumberedItem[] =
      this.#random() < 0.15
        ? [{ k: "done", ...ref, at, result: { outcome: "failed", failure, retryable: true } }]
        : [
            ...job.assets.map((asset): UnnumberedItem => ({
              k: "event",
              ...ref,
              at,
              event: { type: "asset_materialized", asset, metadata: {} },
            })),
            { k: "done", ...ref, at, result: { outcome: "succeeded" } },
          ];
    return [{ k: "event", ...ref, at, event: { type: "step_started", worker: "w", pid: 1 } }, ...logs, ...end];
  }

  /** Makes some progress on one job and queues the report. */
  work(): void {
    const all = [...this.#work.values()];
    const work = all[Math.floor(this.#random() * all.length)];
    if (!work) return;
    const { job } = work;
    if (work.canceled)
      work.left.splice(0, work.left.length, {
        k: "done",
        run: job.run,
        step: job.step,
        epoch: job.epoch,
        at: 0,
        result: { outcome: "canceled" },
      });
    const item = work.left.shift();
    if (item) {
      this.#outbox.push({ ...item, s: ++this.#number });
      if (item.k === "event" && item.event.type === "log")
        this.emitted.push({ run: job.run, step: job.step, epoch: job.epoch, message: item.event.message });
    }
    if (work.left.length === 0) this.#work.delete(keyOf(job));
  }

  /** Sends the queued items over a network that duplicates, loses and reorders them. */
  flush(faults: boolean): void {
    if (!this.online) return;
    const fresh = this.#outbox.filter((item) => item.s > this.#sent);
    const chance = faults ? this.#random() : 1;
    if (chance < 0.1) this.#batch(this.#outbox.slice(0, 20));
    else if (chance < 0.15) {
      this.#sent = fresh.at(-1)?.s ?? this.#sent;
      return;
    } else if (chance < 0.2 && fresh.length > 1) {
      this.#batch(fresh.slice(1));
      return;
    }
    this.#batch(fresh);
    this.#sent = fresh.at(-1)?.s ?? this.#sent;
  }

  #batch(items: readonly UpItem[]): void {
    if (items.length > 0) this.#agent.send({ t: "batch", items: [...items] });
  }

  #acknowledged(number: number): void {
    this.#outbox = this.#outbox.filter((item) => item.s > number);
  }

  /** Whether a report was lost on an open connection: it is repeated only on the next one. */
  get stuck(): boolean {
    return this.online && this.#outbox.some((item) => item.s <= this.#sent);
  }
}

function keyOf(ref: { readonly run: string; readonly step: string; readonly epoch: number }): string {
  return `${ref.run}/${ref.epoch}/${ref.step}`;
}
