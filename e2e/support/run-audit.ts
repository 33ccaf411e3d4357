/** Looks at a finished run from outside and says everything that must never be true of it. */
import type { Api } from "./stack.ts";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import { isTerminalRun, isTerminalStep } from "@headgate/shared/domain/run/status.ts";

export interface Audit {
  readonly run: string;
  readonly status: string;
  readonly attempts: number;
  readonly problems: readonly string[];
}

/** Failure kinds that a kill may honestly end in; anything else is a defect. */
const HONEST = new Set(["worker_died", "agent_lost", "upstream_failed", "out_of_memory"]);

export async function auditRun(api: Api, run: string, logsPerAttempt: number): Promise<Audit> {
  const detail = await api.runs.get.query({ run });
  const events = await allEvents(api, run);
  const problems: string[] = [];
  const complain = (problem: string) => problems.push(`${run}: ${problem}`);

  events.forEach((event, position) => {
    if (event.seq !== position + 1) complain(`event ${position + 1} has number ${event.seq}`);
  });
  if (!isTerminalRun(detail.run.status)) complain(`ended in ${detail.run.status}`);
  if (detail.run.status !== "succeeded" && !(detail.failure && HONEST.has(detail.failure.kind)))
    complain(`${detail.run.status} because of ${detail.failure?.kind ?? "nothing"}: ${detail.failure?.message ?? ""}`);
  const terminal = events.filter((event) => ["run_succeeded", "run_failed", "run_canceled"].includes(event.event.type));
  if (terminal.length !== 1) complain(`${terminal.length} events of the run's end`);

  let attempts = 0;
  for (const step of detail.steps) {
    const own = events.filter((event) => event.step === step.key);
    const count = (type: string) => own.filter((event) => event.event.type === type).length;
    attempts += count("step_assigned");
    if (!isTerminalStep(step.status)) complain(`step ${step.key} ended as ${step.status}`);
    if (count("step_succeeded") > 1) complain(`step ${step.key} succeeded ${count("step_succeeded")} times`);
    if ((step.status === "succeeded") !== (count("step_succeeded") === 1))
      complain(`step ${step.key} is ${step.status} with ${count("step_succeeded")} success events`);
    if (step.status !== "succeeded") continue;
    // An attempt whose agent was killed after it materialized and before it said so ended, did materialize: only the last one is counted.
    const last = Math.max(...own.map((event) => event.attempt ?? 0));
    const materialized = own.filter((event) => event.event.type === "asset_materialized" && event.attempt === last).length;
    if (materialized !== step.assets.length)
      complain(`step ${step.key} attempt ${last} has ${materialized} materializations for ${step.assets.length} assets`);
    const lines = own.flatMap((event) => (event.event.type === "log" && event.attempt === last ? [event.event.message] : []));
    const expected = Array.from({ length: logsPerAttempt }, (_, index) => `line ${index + 1}`);
    if (lines.join() !== expected.join()) complain(`step ${step.key} attempt ${last} logged ${lines.join(", ")}`);
  }
  return { run, status: detail.run.status, attempts, problems };
}

export async function allEvents(api: Api, run: string): Promise<EventRow[]> {
  const events: EventRow[] = [];
  for (;;) {
    const page = await api.runs.events.query({ run, after: events.at(-1)?.seq ?? 0, limit: 1000 });
    events.push(...page.events);
    if (page.events.length < 1000) return events;
  }
}
