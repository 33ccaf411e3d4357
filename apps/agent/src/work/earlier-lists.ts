/** Chooses the list of an earlier agent process to continue: at most one, because an agent has one identity. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { Adoption } from "../executors/executor.ts";
import { refOfKey } from "../step-ref.ts";
import { parseList, type AttemptRecords, type ReadList, type RecordedAttempt } from "./attempt-records.ts";

/** The name of the list in an instance folder. */
export const LIST_FILE = "attempts.jsonl";

export interface EarlierListsOptions {
  /** Instance folders of agent processes that are gone. */
  readonly folders: readonly string[];
  /** Fingerprint of the control plane's address and the agent token. */
  readonly server: string;
  readonly executor: { readonly kind: string; readonly adoption: Adoption | null };
  readonly log: AgentLog;
}

/** A list of a newer agent stays where it is, for that agent to continue. */
export function hasNewerList(folder: string): boolean {
  return readList(folder).state === "newer";
}

/** The list to continue, if any. Attempts in the others are lost: the executor ends them, and the control plane notices by their leases. */
export function chooseEarlierList({ folders, server, executor, log }: EarlierListsOptions): AttemptRecords | null {
  const found = folders
    .map((folder) => ({ list: readList(folder), writtenAt: writtenAt(folder) }))
    .sort((a, b) => b.writtenAt - a.writtenAt)
    .flatMap(({ list }) => (list.state === "read" && list.records.attempts.length > 0 ? [list.records] : []));
  const chosen = found.find(
    (records) => records.owner.server === server && records.attempts.some((attempt) => isAdoptable(attempt, executor)),
  );
  for (const records of found) {
    if (records === chosen) continue;
    const lost = records.attempts.filter(({ key }) => chosen?.get(key) === undefined);
    if (lost.length === 0) continue;
    log.warn("step attempts of an earlier agent process are lost", {
      attempts: lost.map(({ key, executor: kind, ref }) => ({ ...refOfKey(key), executor: kind, ref })),
    });
    for (const attempt of lost) discard(attempt, { executor, log });
  }
  return chosen ?? null;
}

function isAdoptable(attempt: RecordedAttempt, executor: EarlierListsOptions["executor"]): boolean {
  return executor.adoption !== null && attempt.executor === executor.kind && attempt.job !== null;
}

function discard(attempt: RecordedAttempt, { executor, log }: Pick<EarlierListsOptions, "executor" | "log">): void {
  const { job, ref } = attempt;
  if (job === null || attempt.executor !== executor.kind) return;
  void executor.adoption
    ?.discard({ job, ref })
    .catch((error: unknown) => log.warn("the remains of a step attempt could not be removed", { run: job.run, error: errorText(error) }));
}

function readList(folder: string): ReadList {
  try {
    return parseList(readFileSync(join(folder, LIST_FILE), "utf8"));
  } catch {
    return { state: "empty" };
  }
}

function writtenAt(folder: string): number {
  try {
    return statSync(join(folder, LIST_FILE)).mtimeMs;
  } catch {
    return 0;
  }
}
