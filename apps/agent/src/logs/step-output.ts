/** Raw stdout and stderr of one step attempt: collected into chunks for upload, and sent live while a reader has the output open. */
import { StringDecoder } from "node:string_decoder";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { AgentTiming } from "../timing.ts";
import type { LogChunk } from "./log-uploader.ts";
import type { Mask } from "./mask.ts";
import type { OutputStream } from "./output-stream.ts";

export interface StepOutputOptions {
  readonly job: JobFrame;
  readonly upload: (chunk: LogChunk) => Promise<string | null>;
  /** Called at most once, with the first reason why output was lost. */
  readonly onLoss: (why: string) => void;
  readonly sendTail: (stream: OutputStream, text: string) => void;
  readonly timing: Pick<AgentTiming, "logChunkBytes" | "logChunkDelayMs" | "tailDelayMs">;
  readonly mask: Mask;
  /** Sizes of the chunks that an earlier agent process made, which are made again in the same way. */
  readonly cuts?: Readonly<Record<OutputStream, readonly number[]>> | undefined;
  /** Called with the size of each new chunk, in bytes before masking, before the chunk is uploaded. */
  readonly onCut?: ((stream: OutputStream, size: number) => void) | undefined;
}

/** One live frame stays far below the frame limit. */
const TAIL_TEXT = 64 * 1024;

class StreamBuffer {
  readonly stream: OutputStream;
  /** Sizes that the next chunks must have. */
  readonly fixedSizes: number[];
  parts: Buffer[] = [];
  bytes = 0;
  offset = 0;
  chunks = 0;
  tail = "";
  readonly decoder = new StringDecoder("utf8");

  constructor(stream: OutputStream, fixedSizes: readonly number[] = []) {
    this.stream = stream;
    this.fixedSizes = [...fixedSizes];
  }
}

/** Takes the raw output of one attempt until `finish`. */
export class StepOutput {
  readonly #options: StepOutputOptions;
  readonly #streams: Record<OutputStream, StreamBuffer>;
  #tailing = false;
  #uploadTimer: NodeJS.Timeout | null = null;
  #tailTimer: NodeJS.Timeout | null = null;
  #lossTold = false;

  constructor(options: StepOutputOptions) {
    this.#options = options;
    this.#streams = {
      stdout: new StreamBuffer("stdout", options.cuts?.stdout),
      stderr: new StreamBuffer("stderr", options.cuts?.stderr),
    };
  }

  push(stream: OutputStream, bytes: Buffer): void {
    const buffer = this.#streams[stream];
    buffer.parts.push(bytes);
    buffer.bytes += bytes.length;
    for (let size = this.#nextSize(buffer); buffer.bytes >= size; size = this.#nextSize(buffer)) this.#cut(buffer, { size, final: false });
    if (buffer.bytes > 0) this.#uploadTimer ??= setTimeout(() => this.#uploadAll(), this.#options.timing.logChunkDelayMs);
    if (this.#tailing) this.#addTail(buffer, bytes);
  }

  /** Live output begins with what is not uploaded yet: together with the stored chunks the reader misses nothing. */
  setTail(on: boolean): void {
    if (on && !this.#tailing)
      for (const buffer of Object.values(this.#streams)) for (const part of buffer.parts) this.#addTail(buffer, part);
    this.#tailing = on;
    if (!on) for (const buffer of Object.values(this.#streams)) buffer.tail = "";
  }

  /** Uploads the last chunk of each stream that has output. */
  finish(): void {
    this.#sendTails();
    this.#tailing = false;
    if (this.#uploadTimer !== null) clearTimeout(this.#uploadTimer);
    for (const buffer of Object.values(this.#streams)) {
      if (buffer.bytes > 0 || buffer.chunks > 0) this.#cut(buffer, { size: buffer.bytes, final: true });
    }
  }

  #nextSize(buffer: StreamBuffer): number {
    return buffer.fixedSizes[0] ?? this.#options.timing.logChunkBytes;
  }

  #uploadAll(): void {
    this.#uploadTimer = null;
    for (const buffer of Object.values(this.#streams))
      if (buffer.bytes > 0 && buffer.fixedSizes.length === 0) this.#cut(buffer, { size: buffer.bytes, final: false });
  }

  #cut(buffer: StreamBuffer, { size, final }: { readonly size: number; readonly final: boolean }): void {
    if (buffer.fixedSizes.shift() === undefined) this.#options.onCut?.(buffer.stream, size);
    const all = Buffer.concat(buffer.parts);
    const bytes = this.#options.mask.bytes(all.subarray(0, size));
    const rest = all.subarray(size);
    buffer.parts = rest.length > 0 ? [rest] : [];
    buffer.bytes = rest.length;
    const { run, step, attempt } = this.#options.job;
    const chunk: LogChunk = { run, step, attempt, stream: buffer.stream, number: buffer.chunks++, offset: buffer.offset, final, bytes };
    buffer.offset += bytes.length;
    void this.#options.upload(chunk).then((problem) => {
      if (problem === null || this.#lossTold) return;
      this.#lossTold = true;
      this.#options.onLoss(problem);
    });
  }

  #addTail(buffer: StreamBuffer, bytes: Buffer): void {
    buffer.tail += buffer.decoder.write(bytes);
    this.#tailTimer ??= setTimeout(() => this.#sendTails(), this.#options.timing.tailDelayMs);
  }

  #sendTails(): void {
    if (this.#tailTimer !== null) clearTimeout(this.#tailTimer);
    this.#tailTimer = null;
    for (const buffer of Object.values(this.#streams)) {
      const text = this.#options.mask.text(buffer.tail);
      buffer.tail = "";
      if (text === "") continue;
      const skipped = text.length - TAIL_TEXT;
      this.#options.sendTail(
        buffer.stream,
        skipped > 0 ? `… [${skipped} characters not shown live]\n${text.slice(skipped).toWellFormed()}` : text,
      );
    }
  }
}
