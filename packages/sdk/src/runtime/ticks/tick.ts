/** Evaluates the user function of a schedule or sensor, once for each event that woke it, and collects what it asks for. */
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { TickPart, TickResult } from "@headgate/shared/protocol/tick-result.ts";
import type { TickHost } from "@headgate/shared/protocol/worker.ts";
import type { AnyResource } from "../../definitions/resource.ts";
import type { Requests } from "../../automation/tick-request.ts";
import { errorOutcome } from "../steps/error-outcome.ts";
import type { Executor } from "../steps/execute-step.ts";
import type { Definitions } from "../flatten.ts";
import { createLogger } from "../steps/logger.ts";
import { withResources } from "../steps/open-resources.ts";
import { userEvent } from "./sensor-event.ts";
import { TickCollector } from "./tick-collector.ts";

interface Evaluation {
  readonly requires: readonly AnyResource[];
  readonly job: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  evaluate(context: Common & { readonly resources: Readonly<Record<string, unknown>>; readonly event: unknown }): Requests;
}
interface Common {
  readonly scheduledFor: Date;
  readonly cursor: string | null;
  readonly setCursor: (cursor: string) => void;
  readonly checkpoint: () => void;
  readonly log: ReturnType<typeof createLogger>;
  readonly signal: AbortSignal;
  readonly env: TickHost["env"];
  readonly folders: { readonly root: string; readonly storage: string; readonly scratch: string };
}
type Logs = { level: string; message: string; at: number }[];

export async function evaluateTick(executor: Executor, frame: TickFrame, host: TickHost): Promise<TickResult> {
  const evaluation = findEvaluation(executor.definitions, frame);
  if (!evaluation)
    return {
      outcome: "failed",
      message: `Code location "${frame.location}" has no ${frame.kind} "${frame.name}" with a function in this version.`,
    };
  const logs: Logs = [];
  const log = createLogger((level, message, fields) => {
    const text = fields ? `${message} ${JSON.stringify(fields)}` : message;
    // They are part of the result; handed to the host as well, each line would be there twice.
    logs.push({ level, message: text, at: Date.now() });
  });
  const collector = new TickCollector({ job: evaluation.job, tags: evaluation.tags, cursor: frame.cursor });
  const checkpoint = checkpointOf(frame, { host, collector });
  const fixed = {
    scheduledFor: new Date(frame.scheduledFor),
    log,
    signal: host.signal,
    env: host.env,
    folders: { root: host.root, storage: host.storage, scratch: host.scratch },
  };
  try {
    const scope = { known: executor.resources, given: executor.given, config: {}, ...fixed };
    await withResources(evaluation.requires, scope, async (resources) => {
      for (const event of frame.events ?? [undefined]) {
        const { cursor } = collector;
        const context = { ...fixed, resources, cursor, setCursor: collector.setCursor, checkpoint, event: event && userEvent(event) };
        await collector.take(evaluation.evaluate(context), host.signal);
      }
    });
    host.signal.throwIfAborted();
    const { skipReason } = collector;
    return { outcome: "evaluated", ...collector.drain(), logs, ...(skipReason !== undefined && { skipReason }) };
  } catch (error) {
    const ended = errorOutcome(error, host.signal);
    if (ended.outcome !== "failed")
      return { outcome: "failed", message: "The evaluation was stopped because it took too long or the agent is shutting down.", logs };
    const { message, stack, codeFrame } = ended.failure;
    return {
      outcome: "failed",
      message,
      logs,
      ...(stack !== undefined && { stack: codeFrame === undefined ? stack : `${codeFrame}\n\n${stack}` }),
    };
  }
}

/** A trial stores nothing, so that everything it asks for is in its result. */
function checkpointOf(frame: TickFrame, { host, collector }: { readonly host: TickHost; readonly collector: TickCollector }): () => void {
  let part = 0;
  return () => {
    if (frame.dryRun === true || !host.checkpoint) return;
    const asked: Omit<TickPart, "part"> = collector.drain();
    host.checkpoint({ part: ++part, ...asked });
  };
}

function findEvaluation(definitions: Definitions, frame: TickFrame): Evaluation | undefined {
  if (frame.kind === "schedule") {
    const definition = definitions.schedules.find(({ name }) => name === frame.name)?.["~definition"];
    const evaluate = definition?.evaluate;
    return definition && evaluate && { requires: definition.requires, job: nameOf(definition.job), tags: definition.tags, evaluate };
  }
  const definition = definitions.sensors.find(({ name }) => name === frame.name)?.["~definition"];
  const evaluate = definition?.evaluate;
  return definition && evaluate && { requires: definition.requires, job: nameOf(definition.job), tags: {}, evaluate };
}

function nameOf(job: { readonly name: string } | string | undefined): string | undefined {
  return typeof job === "object" ? job.name : job;
}
