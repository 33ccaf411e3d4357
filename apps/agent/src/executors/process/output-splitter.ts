/** Gives the bytes of one stream to the step they belong to. The worker prints a marker after each step. */
export class OutputSplitter {
  #sink: ((bytes: Buffer) => void) | null = null;
  #marker: Buffer = Buffer.alloc(0);
  /** The last bytes, which may be the beginning of the marker. */
  #held: Buffer = Buffer.alloc(0);
  #ended: (() => void) | null = null;

  begin(marker: string, sink: (bytes: Buffer) => void): void {
    this.#marker = Buffer.from(marker);
    this.#held = Buffer.alloc(0);
    this.#sink = sink;
  }

  /** Bytes outside a step are thrown away. */
  push(bytes: Buffer): void {
    if (this.#sink === null) return;
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const at = all.indexOf(this.#marker);
    if (at >= 0) {
      this.#held = all.subarray(0, at);
      return this.stop();
    }
    const keep = markerBegin(all, this.#marker);
    if (all.length > keep) this.#sink(all.subarray(0, all.length - keep));
    this.#held = all.subarray(all.length - keep);
  }

  /** Resolves at the marker, or after `timeoutMs` without it. */
  async end(timeoutMs: number): Promise<void> {
    if (this.#sink === null) return;
    const timer = setTimeout(() => this.stop(), timeoutMs);
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    clearTimeout(timer);
  }

  stop(): void {
    if (this.#held.length > 0) this.#sink?.(this.#held);
    this.#held = Buffer.alloc(0);
    this.#sink = null;
    this.#ended?.();
    this.#ended = null;
  }
}

/** How many bytes at the end of `bytes` may be the beginning of `marker`. */
function markerBegin(bytes: Buffer, marker: Buffer): number {
  for (let length = Math.min(marker.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(marker.subarray(0, length))) return length;
  }
  return 0;
}
