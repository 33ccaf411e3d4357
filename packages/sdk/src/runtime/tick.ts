/** Evaluates the user function of a schedule or sensor and collects what it asks for. */
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { LocationRuntime, TickResult } from "@headgate/shared/protocol/worker.ts";
import type { AnyResource } from "../resource.ts";
import type { Requests, RunRequest, Skip } from "../run-request.ts";
import { selectionText } from "../select.ts";
import type { Executor } from "./execute-step.ts";
import { errorOutcome } from "./error-outcome.ts";
import type { Definitions } from "./flatten.ts";
import { createLogger } from "./logger.ts";
import { withResources } from "./open-resources.ts";

type TickHost = Parameters<LocationRuntime["tick"]>[1];
type Evaluated = Extract<TickResult, { outcome: "evaluated" }>;

interface Evaluation {
  readonly requires: readonly AnyResource[];
  readonly job: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  evaluate(context: {
    readonly resources: Readonly<Record<string, unknown>>;
    readonly common: Common;
    readonly setCursor: (cursor: string) => void;
  }): Requests;
}
interface Common {
  readonly scheduledFor: Date;
  readonly log: ReturnType<typeof createLogger>;
  readonly signal: AbortSignal;
  readonly env: TickHost["env"];
  readonly folders: { readonly root: string; readonly storage: string; readonly scratch: string };
}

export async function evaluateTick(executor: Executor, frame: TickFrame, host: TickHost): Promise<TickResult> {
  const evaluation = findEvaluation(executor.definitions, frame);
  if (!evaluation)
    return {
      outcome: "failed",
      message: `Code location "${frame.location}" has no ${frame.kind} "${frame.name}" with a function in this version.`,
    };
  const logs: Evaluated["logs"] = [];
  const log = createLogger((level, message, fields) => {
    const text = fields ? `${message} ${JSON.stringify(fields)}` : message;
    logs.push({ level, message: text, at: Date.now() });
    host.log(level, text);
  });
  const common: Common = {
    scheduledFor: new Date(frame.scheduledFor),
    log,
    signal: host.signal,
    env: host.env,
    folders: { root: host.root, storage: host.storage, scratch: host.scratch },
  };
  let cursor = frame.cursor;
  const setCursor = (next: string) => {
    cursor = next;
  };
  try {
    const scope = { known: executor.resources, given: executor.given, config: {}, ...common };
    const found = await withResources(
      evaluation.requires,
      scope,
      async (resources) => await collect(evaluation.evaluate({ resources, common, setCursor })),
    );
    host.signal.throwIfAborted();
    const runs = found.filter((item) => item.kind === "runRequest").map((request) => describeRequest(request, evaluation));
    const reasons = found.filter((item) => item.kind === "skip").map(({ reason }) => reason);
    const skipReason = runs.length > 0 ? undefined : reasons.join("; ") || "the function asked for nothing";
    return { outcome: "evaluated", cursor, runs, logs, ...(skipReason !== undefined && { skipReason }) };
  } catch (error) {
    const ended = errorOutcome(error, host.signal);
    if (ended.outcome !== "failed")
      return { outcome: "failed", message: "The evaluation was stopped because it took too long or the agent is shutting down." };
    const { message, stack, codeFrame } = ended.failure;
    return {
      outcome: "failed",
      message,
      ...(stack !== undefined && { stack: codeFrame === undefined ? stack : `${codeFrame}\n\n${stack}` }),
    };
  }
}

function findEvaluation(definitions: Definitions, frame: TickFrame): Evaluation | undefined {
  if (frame.kind === "schedule") {
    const definition = definitions.schedules.find(({ name }) => name === frame.name)?.["~definition"];
    const evaluate = definition?.evaluate;
    if (!definition || !evaluate) return undefined;
    return {
      requires: definition.requires,
      job: nameOf(definition.job),
      tags: definition.tags,
      evaluate: ({ resources, common }) => evaluate({ ...common, resources }),
    };
  }
  const definition = definitions.sensors.find(({ name }) => name === frame.name)?.["~definition"];
  const evaluate = definition?.evaluate;
  if (!definition || !evaluate) return undefined;
  return {
    requires: definition.requires,
    job: nameOf(definition.job),
    tags: {},
    evaluate: ({ resources, common, setCursor }) => evaluate({ ...common, resources, cursor: frame.cursor, event: frame.event, setCursor }),
  };
}

function nameOf(job: { readonly name: string } | string | undefined): string | undefined {
  return typeof job === "object" ? job.name : job;
}

async function collect(requests: Requests): Promise<(RunRequest | Skip)[]> {
  if (typeof requests === "object" && Symbol.asyncIterator in requests) {
    const items: (RunRequest | Skip)[] = [];
    for await (const item of requests) items.push(item);
    return items;
  }
  const result = await requests;
  if (!result) return [];
  return "kind" in result ? [result] : [...result];
}

function describeRequest(request: RunRequest, evaluation: Evaluation): Evaluated["runs"][number] {
  const job = nameOf(request.job) ?? (request.selection === undefined ? evaluation.job : undefined);
  if (job === undefined && request.selection === undefined) {
    throw new TypeError("A run request needs a 'job' or a 'selection', because its schedule or sensor has no job of its own.");
  }
  return {
    ...(request.runKey !== undefined && { runKey: request.runKey }),
    ...(job !== undefined && { job }),
    ...(request.selection !== undefined && { selection: selectionText(request.selection) }),
    ...(request.partition !== undefined && { partition: request.partition }),
    tags: { ...evaluation.tags, ...request.tags },
    ...(request.config !== undefined && { config: request.config }),
  };
}
