/** Evaluates a schedule or sensor without storing anything. If user code decides, it asks an agent and waits for the answer. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { DryRun } from "@headgate/shared/contract/automations/automation-views.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { judgeDryRun, planDryRun } from "./plan-dry-run.ts";
import type { Tx } from "../kernel/tx.ts";
import type { WaitingDryRuns } from "./waiting-dry-runs.ts";

export interface DryRunPorts {
  commit<T>(command: (tx: Tx) => T): T;
  /** Runs the work and rolls it back. */
  rollBack<T>(work: (tx: Tx) => T): T;
  readonly waiting: Pick<WaitingDryRuns, "wait">;
}

export async function startDryRun(ports: DryRunPorts, input: InputOf<"automations.test">): Promise<Result<DryRun>> {
  const plan = ports.commit((tx) => planDryRun(tx, input));
  if (!plan.ok) return plan;
  const result = plan.value.type === "asked" ? await ports.waiting.wait(plan.value) : plan.value.result;
  return ok(ports.rollBack((tx) => judgeDryRun(tx, input, result)));
}
