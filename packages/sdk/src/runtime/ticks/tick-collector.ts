/** Gathers what a schedule's or sensor's function yields or returns, up to the limit of one tick. */
import { storableMetadata } from "@headgate/shared/protocol/fit-event.ts";
import { MAX_TICK_REQUESTS } from "@headgate/shared/protocol/tick-limits.ts";
import type { TickPart } from "@headgate/shared/protocol/tick-result.ts";
import type { RunRequest } from "../../automation/run-request.ts";
import { selectionText } from "../../options/select.ts";
import type { AssetReport, Requests, TickItem } from "../../automation/tick-request.ts";

type Asked = Omit<TickPart, "part">;
type Report = NonNullable<Asked["assetEvents"]>[number];

/** Keys that may be added or removed, and assets reported on, in one tick or checkpoint. */
const MAX_TICK_KEYS = 10_000;

export class TickCollector {
  readonly #options: { readonly job: string | undefined; readonly tags: Readonly<Record<string, string>> };
  #cursor: string | null;
  #runs: Asked["runs"] = [];
  #dynamic: { name: string; add: string[]; remove: string[] }[] = [];
  #reports: Report[] = [];
  #reasons: string[] = [];
  #keys = 0;
  #didSomething = false;
  #askedForRuns = false;

  constructor(options: {
    readonly job: string | undefined;
    readonly tags: Readonly<Record<string, string>>;
    readonly cursor: string | null;
  }) {
    this.#options = options;
    this.#cursor = options.cursor;
  }

  get cursor(): string | null {
    return this.#cursor;
  }

  readonly setCursor = (cursor: string): void => {
    if (typeof cursor !== "string")
      throw new TypeError(`setCursor() needs a text, not ${describe(cursor)}. Use JSON.stringify for structures.`);
    this.#cursor = cursor;
  };

  /** Takes one after the other, so that a function that never ends is stopped at the limit or by the signal. */
  async take(requests: Requests, signal: AbortSignal): Promise<void> {
    if (typeof requests === "object" && requests !== null && Symbol.asyncIterator in requests) {
      for await (const item of requests) {
        signal.throwIfAborted();
        this.#add(item);
      }
      return;
    }
    const result: unknown = await requests;
    if (result === undefined || result === null) return;
    for (const item of Array.isArray(result) ? (result as unknown[]) : [result]) this.#add(item);
  }

  /** Why no run was asked for; undefined when one was, or something else instead and no reason was given. */
  get skipReason(): string | undefined {
    if (this.#askedForRuns) return undefined;
    const reasons = [...new Set(this.#reasons)].join("; ");
    return reasons || (this.#didSomething ? undefined : "the function asked for nothing");
  }

  /** What was asked for since the last time. */
  drain(): Asked {
    const asked: Asked = {
      cursor: this.#cursor,
      runs: this.#runs,
      ...(this.#dynamic.length > 0 && { dynamicPartitions: this.#dynamic }),
      ...(this.#reports.length > 0 && { assetEvents: this.#reports }),
    };
    this.#runs = [];
    this.#dynamic = [];
    this.#reports = [];
    this.#keys = 0;
    return asked;
  }

  #add(item: unknown): void {
    if (!isTickItem(item))
      throw new TypeError(
        `The function asked for ${describe(item)}. Yield or return runRequest(...), skip(...), addPartitions(...), removePartitions(...), reportMaterialization(...) or reportObservation(...).`,
      );
    if (item.kind === "skip") {
      this.#reasons.push(item.reason);
      return;
    }
    this.#didSomething = true;
    switch (item.kind) {
      case "runRequest":
        this.#askedForRuns = true;
        if (this.#runs.length >= MAX_TICK_REQUESTS)
          throw new RangeError(
            `The function asked for more than ${MAX_TICK_REQUESTS} runs in one tick. Ask for the rest in the next tick (keep your place with setCursor), call checkpoint() in between, or use one run over a range of partitions.`,
          );
        this.#runs.push(this.#describe(item));
        break;
      case "dynamicPartitions":
        this.#count(item.add.length + item.remove.length);
        this.#dynamic.push({ name: item.name, add: [...item.add], remove: [...item.remove] });
        break;
      case "assetReport":
        this.#count(1);
        this.#reports.push(reported(item));
        break;
      default:
        item satisfies never;
    }
  }

  #count(more: number): void {
    this.#keys += more;
    if (this.#keys > MAX_TICK_KEYS)
      throw new RangeError(
        `The function changed more than ${MAX_TICK_KEYS} partition keys or assets in one tick. Call checkpoint() in between, or go on in the next tick.`,
      );
  }

  #describe(request: RunRequest): Asked["runs"][number] {
    const { job: own, tags } = this.#options;
    const given = typeof request.job === "object" ? request.job.name : request.job;
    const job = given ?? (request.selection === undefined ? own : undefined);
    if (job === undefined && request.selection === undefined) {
      throw new TypeError("A run request needs a 'job' or a 'selection', because its schedule or sensor has no job of its own.");
    }
    return {
      ...(request.runKey !== undefined && { runKey: request.runKey }),
      ...(job !== undefined && { job }),
      ...(request.selection !== undefined && { selection: selectionText(request.selection) }),
      ...(request.partition !== undefined && { partition: request.partition }),
      ...(request.checksOnly === true && { checksOnly: true }),
      ...(request.priority !== undefined && { priority: request.priority }),
      tags: { ...tags, ...request.tags },
      ...(request.config !== undefined && { config: request.config }),
    };
  }
}

const KINDS: ReadonlySet<unknown> = new Set(["runRequest", "skip", "dynamicPartitions", "assetReport"] satisfies TickItem["kind"][]);

function isTickItem(item: unknown): item is TickItem {
  return typeof item === "object" && item !== null && "kind" in item && KINDS.has(item.kind);
}

function reported({ type, asset, partition, metadata, dataVersion }: AssetReport): Report {
  return {
    type,
    asset,
    ...(partition !== undefined && { partition }),
    metadata: storableMetadata(metadata),
    ...(dataVersion !== undefined && { dataVersion }),
  };
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object without a known kind" : `a ${typeof value}`;
}
