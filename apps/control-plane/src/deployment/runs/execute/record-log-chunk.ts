/** Records where a chunk of a step's raw output is stored. Only the agent that has or had the attempt's lease may do so. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { insertLogChunk } from "../log-store.ts";
import { readRun } from "../run-store.ts";
import { readStep } from "../step-store.ts";
import { wasAssignedTo } from "../attempt-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import type { LogAttempt, RawLogChunk } from "../raw-log-chunk.ts";

export function mayWriteLog({ db }: Pick<Tx, "db">, input: LogAttempt & { readonly token: string }): Result<{ readonly runNo: number }> {
  const run = readRun(db, input.run);
  const step = run && readStep(db, run.no, input.step);
  if (!run || !step) return refuse("not_found", `Run ${input.run} has no step '${input.step}'.`);
  if (!wasAssignedTo(db, { runNo: run.no, position: step.position, attempt: input.attempt, token: input.token })) {
    return refuse("forbidden", `Attempt ${input.attempt} of '${input.step}' was never given to an agent with this token.`);
  }
  return ok({ runNo: run.no });
}

export function recordLogChunk(tx: Tx, input: RawLogChunk & { readonly token: string }): Result<null> {
  const allowed = mayWriteLog(tx, input);
  if (!allowed.ok) return allowed;
  insertLogChunk(tx.db, {
    runNo: allowed.value.runNo,
    step: input.step,
    attempt: input.attempt,
    stream: input.stream,
    chunk: input.chunk,
    offset: input.offset,
    bytes: input.bytes,
    final: input.final ? 1 : 0,
    key: input.key,
  });
  return ok(null);
}
