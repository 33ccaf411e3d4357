/** Schedule and sensor evaluations: user code that answers with a result, with its own time limit. Each tick is evaluated once. */
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { errorText } from "../agent-log.ts";
import type { Report } from "../connection/report.ts";
import type { Executor } from "../executors/executor.ts";
import { RecentKeys } from "./recent-keys.ts";

export interface TickOptions {
  readonly executor: Pick<Executor, "evaluate">;
  readonly report: (report: Report) => void;
  /** Called before a part is reported. */
  readonly onPart: (tick: string) => void;
  /** Evaluations of an earlier agent process, under the same instance, that had reported a part. */
  readonly interrupted: { has(tick: string): boolean };
}

/** The running evaluations. */
export class Ticks {
  readonly #options: TickOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #finished = new RecentKeys(10_000);

  constructor(options: TickOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#running.size;
  }

  /** The same tick sent again is ignored: its result is in the outbox or will be. */
  accept(frame: TickFrame): void {
    if (this.#running.has(frame.tick) || this.#finished.has(frame.tick)) return;
    if (this.#options.interrupted.has(frame.tick)) return this.#refuse(frame);
    const running = this.#evaluate(frame)
      .catch((error: unknown) => failed(errorText(error)))
      .then((result) => {
        this.#running.delete(frame.tick);
        this.#finished.add(frame.tick);
        this.#options.report({ k: "tick", tick: frame.tick, result });
      });
    this.#running.set(frame.tick, running);
  }

  /** A second evaluation could make other parts under the numbers of stored ones. The next tick starts from the last stored part. */
  #refuse(frame: TickFrame): void {
    this.#finished.add(frame.tick);
    const message = `The agent restarted during this evaluation of ${frame.kind} '${frame.name}'. The next one continues after the last checkpoint.`;
    this.#options.report({ k: "tick", tick: frame.tick, result: failed(message) });
  }

  async whenIdle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #evaluate(frame: TickFrame): Promise<TickResult> {
    const { executor, report, onPart } = this.#options;
    let late = false;
    let limit: NodeJS.Timeout | undefined;
    const evaluation = executor.evaluate(frame, {
      onRunning: () => {
        limit = setTimeout(() => {
          late = true;
          evaluation.kill();
        }, frame.timeoutSeconds * 1000);
      },
      onPart: (part) => {
        onPart(frame.tick);
        report({ k: "tick_part", tick: frame.tick, part });
      },
    });
    const { answered, result } = await evaluation.ended;
    clearTimeout(limit);
    if (answered || !late) return result;
    return failed(`The evaluation of ${frame.kind} '${frame.name}' took longer than its limit of ${frame.timeoutSeconds} seconds.`);
  }
}

function failed(message: string): TickResult {
  return { outcome: "failed", message };
}
