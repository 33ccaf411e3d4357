/**
 * The attempts that an earlier agent process left in its list. Until the control plane has said what it knows, they only count as
 * running. Then each of them is adopted, or reported as lost, or discarded because the control plane does not want it any more.
 */
import { errorText, type AgentLog } from "../agent-log.ts";
import type { Adoption } from "../executors/executor.ts";
import { attemptKey, refOf, refOfKey, type StepRef } from "../step-ref.ts";
import type { AttemptList } from "./attempt-list.ts";
import type { AttemptRecords, RecordedAttempt } from "./attempt-records.ts";
import type { Supervisor } from "./supervisor.ts";

export interface RecoveryOptions {
  /** Null: there is nothing to recover. */
  readonly records: AttemptRecords | null;
  readonly executor: { readonly kind: string; readonly adoption: Adoption | null };
  readonly list: AttemptList;
  readonly supervisor: Pick<Supervisor, "takeOver">;
  readonly log: AgentLog;
}

/** Lives from the start of the agent to the first welcome. */
export class Recovery {
  readonly #options: RecoveryOptions;
  #waiting: readonly RecordedAttempt[];
  /** The last stored event of each attempt. Null when that is not known. */
  #positions: ReadonlyMap<string, number> | null = null;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#waiting = options.records?.attempts ?? [];
  }

  /** For hello: the control plane must neither give these away nor send them again. */
  get running(): StepRef[] {
    return this.#waiting.map(({ key }) => refOf(refOfKey(key)));
  }

  /** The control plane has the numbers up to `received`. Called before this process sends a number of its own. */
  onNumbers(received: number): void {
    const { records, list } = this.#options;
    if (records === null) return;
    this.#positions = records.positionsAt(received);
    // Written first: after a further restart the list may know the number, but not the events before it.
    if (this.#positions === null) for (const { key } of this.#waiting) list.lost(key);
    list.resumed(received);
  }

  /** After the first welcome: `drop` names the attempts that the control plane does not want any more. */
  onWelcome(drop: readonly StepRef[]): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const unwanted = new Set(drop.map(attemptKey));
    for (const attempt of waiting) {
      if (unwanted.has(attempt.key)) this.#discard(attempt);
      else this.#takeOver(attempt, this.#positions);
    }
  }

  #takeOver(attempt: RecordedAttempt, positions: ReadonlyMap<string, number> | null): void {
    const { executor, list, supervisor, log } = this.#options;
    const { job, key, ref, cuts, runningSince, lost } = attempt;
    // Only the list of an executor that adopts is recovered, and that one records the job.
    if (job === null) return this.#discard(attempt);
    const adoption = attempt.executor === executor.kind && positions !== null && !lost ? executor.adoption : null;
    const storedPosition = positions?.get(key) ?? 0;
    supervisor.takeOver({
      job,
      resume: { storedPosition, runningSince },
      cuts,
      launch: async (sink) => {
        const execution = adoption === null ? null : await adoption.adopt({ job, ref }, sink);
        if (execution === null) {
          list.lost(key);
          log.warn("a step attempt of the earlier agent process is lost", { ...refOf(job), executor: attempt.executor });
        } else
          log.info("adopted a step attempt of the earlier agent process", { ...refOf(job), executor: attempt.executor, storedPosition });
        return execution;
      },
    });
  }

  #discard({ key, job, ref }: RecordedAttempt): void {
    const { executor, list, log } = this.#options;
    const step = refOfKey(key);
    log.info("dropped a step attempt of the earlier agent process", { ...step });
    const discarded = job === null ? undefined : executor.adoption?.discard({ job, ref });
    Promise.resolve(discarded).then(
      () => list.end(step),
      // It stays in the list: the next agent process tries again.
      (error: unknown) => log.warn("the remains of a step attempt could not be removed", { ...step, error: errorText(error) }),
    );
  }
}
