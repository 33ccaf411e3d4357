/**
 * Pushes committed changes to dashboards. The number of the last frame is stored; the latest frames stay in memory. A dashboard that
 * reconnects in time gets the frames it missed; any other one fetches everything again.
 */
import type { Change, LiveDown, LiveUp } from "@headgate/shared/contract/live/messages.ts";
import { LIVE_VERSION } from "@headgate/shared/contract/live/version.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { Fact } from "../facts.ts";
import { type Changed, collectChanges } from "./collect-changes.ts";
import { countChanges, readChanges } from "./changes.ts";
import type { Reader } from "../kernel/reader.ts";
import { attach, attachmentOf, closeQuietly, type LiveAttachment, sendFrame, type Sockets } from "../kernel/sockets.ts";
import { readEvents } from "../kernel/events/event-store.ts";
import { readStream } from "../kernel/meta-store.ts";
import { readRun, readRunByNo } from "../runs/run-store.ts";
import { readStep } from "../runs/step-store.ts";
import { readAgent } from "../agents/agent-store.ts";
import { catalogOf } from "../catalog/catalog.ts";

const KEPT_FRAMES = 200;
/** The most changes in all kept frames, so that a burst of large runs does not fill the memory. */
const KEPT_CHANGES = 5_000;
const EVENTS_PER_FRAME = 1_000;

interface KeptFrame {
  readonly seq: number;
  /** Null if too much changed to list it. */
  readonly changes: readonly Change[] | null;
}

interface Watcher {
  readonly socket: WebSocket;
  readonly attachment: LiveAttachment;
}

export class Live {
  readonly #sockets: Sockets;
  readonly #reader: () => Reader;
  /** The latest frames, without gaps; empty after a restart and while no dashboard is connected. */
  #kept: KeptFrame[] = [];

  constructor(sockets: Sockets, reader: () => Reader) {
    this.#sockets = sockets;
    this.#reader = reader;
  }

  receive(socket: WebSocket, attachment: LiveAttachment, frame: LiveUp): void {
    switch (frame.t) {
      case "hello":
        this.#hello(socket, attachment, frame);
        break;
      case "watch":
        this.#watch(socket, attachment, frame.runs);
        break;
      case "tail":
        this.#changeTail(socket, attachment, frame.target);
        break;
      default:
        assertNever(frame);
    }
  }

  #hello(socket: WebSocket, attachment: LiveAttachment, frame: Extract<LiveUp, { t: "hello" }>): void {
    if (frame.version !== LIVE_VERSION) {
      sendFrame(socket, {
        t: "error",
        message: `This control plane speaks live version ${LIVE_VERSION}, the page ${frame.version}. Reload the page.`,
      } satisfies LiveDown);
      closeQuietly(socket, CLOSE.upgradeRequired, "reload the page");
      return;
    }
    const reader = this.#reader();
    const { stream, seq } = readStream(reader.db);
    const missed = frame.since?.stream === stream ? this.#framesAfter(frame.since.seq, seq) : null;
    attach(socket, { ...attachment, greeted: true });
    sendFrame(socket, {
      t: "welcome",
      version: LIVE_VERSION,
      stream,
      seq,
      serverTime: reader.now,
      refetch: missed === null,
      definitions: catalogOf(reader).hash,
    } satisfies LiveDown);
    for (const { seq: number, changes } of missed ?? [])
      sendFrame(socket, { t: "changes", seq: number, changes: changes ?? [] } satisfies LiveDown);
  }

  /** Null if some of the frames are no longer in memory. */
  #framesAfter(since: number, now: number): readonly KeptFrame[] | null {
    if (since === now) return [];
    const missed = this.#kept.filter((frame) => frame.seq > since);
    const complete = missed[0]?.seq === since + 1 && missed.at(-1)?.seq === now && missed.every((frame) => frame.changes !== null);
    return complete ? missed : null;
  }

  #watch(socket: WebSocket, attachment: LiveAttachment, runs: LiveAttachment["watch"]): void {
    const { db } = this.#reader();
    const known = runs.filter(({ run }) => readRun(db, run) !== null);
    this.#sendEvents({ socket, attachment: { ...attachment, watch: known } }, null);
  }

  /** Sends the new events of some runs, or of all runs that the socket watches. */
  #sendEvents(watcher: Watcher, only: ReadonlySet<string> | null): void {
    const { db } = this.#reader();
    const watch = watcher.attachment.watch.map((entry) => {
      if (only && !only.has(entry.run)) return entry;
      const row = readRun(db, entry.run);
      if (!row) return entry;
      let { after } = entry;
      for (;;) {
        const { events, complete } = readEvents(db, { runNo: row.no, after, limit: EVENTS_PER_FRAME });
        const last = events.at(-1);
        if (!last) break;
        sendFrame(watcher.socket, { t: "events", run: entry.run, events } satisfies LiveDown);
        after = last.seq;
        if (complete) break;
      }
      return { run: entry.run, after };
    });
    attach(watcher.socket, { ...watcher.attachment, watch });
  }

  /** Call after a commit. `seq` is the number that the transaction gave to these changes; null if there are none. */
  publish(facts: readonly Fact[], seq: number | null): void {
    const watchers = this.#watchers();
    if (watchers.length === 0) {
      this.#kept = [];
      return;
    }
    const changed = collectChanges(facts);
    if (seq !== null && countChanges(changed) > 0) this.#sendChanges(watchers, changed, seq);
    if (changed.events.size === 0 || watchers.every(({ attachment }) => attachment.watch.length === 0)) return;
    const reader = this.#reader();
    const runs = new Set([...changed.events].map((no) => readRunByNo(reader.db, no)?.id ?? ""));
    for (const watcher of watchers) if (watcher.attachment.watch.some(({ run }) => runs.has(run))) this.#sendEvents(watcher, runs);
  }

  #sendChanges(watchers: readonly Watcher[], changed: Changed, seq: number): void {
    const reader = this.#reader();
    const changes = readChanges(reader, changed);
    this.#kept.push({ seq, changes });
    let size = this.#kept.reduce((sum, frame) => sum + (frame.changes?.length ?? 0), 0);
    while (this.#kept.length > KEPT_FRAMES || (size > KEPT_CHANGES && this.#kept.length > 1))
      size -= this.#kept.shift()?.changes?.length ?? 0;
    const frame: LiveDown =
      changes === null
        ? {
            t: "welcome",
            version: LIVE_VERSION,
            stream: readStream(reader.db).stream,
            seq,
            serverTime: reader.now,
            refetch: true,
            definitions: catalogOf(reader).hash,
          }
        : { t: "changes", seq, changes };
    for (const { socket } of watchers) sendFrame(socket, frame);
  }

  #watchers(): Watcher[] {
    const watchers: Watcher[] = [];
    for (const socket of this.#sockets.live()) {
      const attachment = attachmentOf(socket);
      if (attachment?.kind === "live" && attachment.greeted) watchers.push({ socket, attachment });
    }
    return watchers;
  }

  // ---------------------------------------------------------------- raw output

  #changeTail(socket: WebSocket, attachment: LiveAttachment, target: LiveAttachment["tail"]): void {
    const before = attachment.tail;
    attach(socket, { ...attachment, tail: target });
    if (before && !this.isTailed(before)) this.#tellAgent(before, false);
    if (target) this.#tellAgent(target, true);
  }

  /** Call when a dashboard's socket is closed. */
  left(attachment: LiveAttachment): void {
    if (attachment.tail && !this.isTailed(attachment.tail)) this.#tellAgent(attachment.tail, false);
  }

  isTailed(target: { readonly run: string; readonly step: string }): boolean {
    return this.#watchers().some(({ attachment }) => attachment.tail?.run === target.run && attachment.tail.step === target.step);
  }

  /** Call when an agent reconnects: it no longer knows which outputs are shown. */
  resumeTails(instance: string): void {
    for (const { attachment } of this.#watchers()) if (attachment.tail) this.#tellAgent(attachment.tail, true, instance);
  }

  #tellAgent(target: { readonly run: string; readonly step: string }, on: boolean, only?: string): void {
    const { db } = this.#reader();
    const run = readRun(db, target.run);
    const step = run && readStep(db, run.no, target.step);
    if (!step || step.agent === null || (step.status !== "assigned" && step.status !== "running")) return;
    if (only !== undefined && step.agent !== only) return;
    const socket = readAgent(db, step.agent)?.socket;
    if (socket) this.#sockets.send(socket, { t: "tail", run: target.run, step: target.step, on });
  }

  /** Forwards output lines from the step's agent to the dashboards that show them. The lines are not stored. */
  forwardTail(
    instance: string,
    line: { readonly run: string; readonly step: string; readonly stream: "stdout" | "stderr"; readonly text: string },
  ): void {
    if (!this.isTailed(line)) return;
    const { db } = this.#reader();
    const run = readRun(db, line.run);
    // Works after the end of the step too, because the last lines come later than its report.
    if (!run || readStep(db, run.no, line.step)?.agent !== instance) return;
    for (const { socket, attachment } of this.#watchers()) {
      if (attachment.tail?.run === line.run && attachment.tail.step === line.step)
        sendFrame(socket, { t: "tail", ...line } satisfies LiveDown);
    }
  }
}
