/**
 * The port between the agent and whatever runs user code: worker processes today, Kubernetes Jobs or other places tomorrow.
 * `work/` knows this file and no executor; only the entry of the agent chooses one. `docs/decisions/0010-executor-port.md` says why.
 */
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import type { TickPart, TickResult } from "@headgate/shared/protocol/tick-result.ts";
import type { AgentLog } from "../agent-log.ts";
import type { OutputStream } from "../logs/output-stream.ts";
import type { AgentTiming } from "../timing.ts";
import type { ControlPlaneHttp } from "../versions/control-plane-http.ts";

/** The surroundings that the agent gives an executor. */
export interface ExecutorHost {
  /** Shared by all agent processes that use this data folder, and kept when they end. */
  readonly dataDir: string;
  /** Belongs to this agent process and is removed when it ends. */
  readonly folder: string;
  readonly http: ControlPlaneHttp;
  readonly timing: AgentTiming;
  readonly log: AgentLog;
  readonly now: () => number;
}

/** How the entry of the agent hands over its choice of an executor. */
export type OpenExecutor = (host: ExecutorHost) => Executor;

/** A place where user code runs. `executor-contract.test-support.ts` states what each one must do. */
export interface Executor {
  /** Stands beside each attempt in the durable list, so that a later agent knows which executor to ask. */
  readonly kind: string;
  /** How many step attempts may run at once. */
  readonly capacity: number;
  /** Labels of the agent that say where steps run; those of the configuration win. */
  readonly labels: Readonly<Record<string, string>>;
  /** Null when executions end with the agent process. */
  readonly adoption: Adoption | null;
  readonly locations: ExecutorLocations;
  /** Process ids on this machine, for people and tests. */
  readonly processes: readonly number[];
  /** How many processes of user code ended by themselves since the start, so that others had to take their place. */
  readonly deaths: number;
  /** Starts a step attempt and returns at once, before any call to the sink. Problems with the start are in `ended`. */
  start(job: JobFrame, sink: ExecutionSink): Execution;
  /** Evaluates a schedule or sensor. Evaluations do not count against `capacity`. */
  evaluate(frame: TickFrame, sink: EvaluationSink): Evaluation;
  /** Ends what an agent process that is gone left running. `folder` was the `ExecutorHost.folder` of that process. */
  sweep(folder: string): void;
  /** Resolves when everything that cannot be adopted has ended. Executions that can be adopted go on. */
  close(): Promise<void>;
  /** Like `close`, for an agent that cannot wait. */
  kill(): void;
}

/** For executors whose executions outlive the agent process. */
export interface Adoption {
  /**
   * Takes over an execution that an earlier agent process started. It reports everything again from the beginning, with the same
   * positions. Null when the execution no longer exists or never began.
   */
  adopt(recorded: RecordedExecution, sink: ExecutionSink): Promise<Execution | null>;
  /** Ends the execution if it still runs, and removes what is left of it. It may be unknown, or discarded before. */
  discard(recorded: RecordedExecution): Promise<void>;
}

/** What the durable list of attempts says about an execution. */
export interface RecordedExecution {
  readonly job: JobFrame;
  /** The last `ref` that the executor gave to `onRunning`; null when the agent process ended before that. */
  readonly ref: string | null;
}

/** One step attempt in the hands of an executor. */
export interface Execution {
  /** Resolves once with the end of the attempt, after its last event. Never rejects. */
  readonly ended: Promise<ExecutionEnd>;
  /** Resolves after `ended`, when all raw output has been given to the sink. */
  readonly outputEnded: Promise<void>;
  /** Asks user code to stop. An attempt whose user code has not begun ends at once. */
  cancel(reason: string): void;
  /** Ends the attempt by force, with everything it started. */
  terminate(): void;
  /**
   * The agent shuts down. True when the attempt goes on and is reported without this agent: then it has `ended` as `reported`. False when it
   * needs the agent.
   */
  leave(): boolean;
}

/** The end of an attempt as the executor saw it. */
export interface ExecutionEnd {
  /** Milliseconds since 1970 by the clock of the place that ran it. */
  readonly at: number;
  /** `reported`: the control plane has the end already, or gets it from the place where the attempt runs. */
  readonly result: StepOutcome | { readonly outcome: "reported" };
}

/** Where an executor puts everything that an attempt reports. */
export interface ExecutionSink {
  /** A process is about to run user code: time limits count from here. `ref` finds the execution again after a restart of the agent. */
  onRunning(ref: string): void;
  /** That process ended before user code began, and the executor looks for another. */
  onRestarting(): void;
  onEvent(event: ExecutionEvent): void;
  onOutput(stream: OutputStream, bytes: Buffer): void;
}

/** An event of a step with its place in the order of events. */
export interface ExecutionEvent {
  /** From 1, without gaps. An adopted execution gives each event the position that it had before. */
  readonly position: number;
  readonly at: number;
  readonly event: StepEvent;
}

/** One evaluation of a schedule or sensor. */
export interface Evaluation {
  /** Never rejects. */
  readonly ended: Promise<EvaluationEnd>;
  /** Ends the evaluation by force. */
  kill(): void;
}

/** The end of an evaluation as the executor saw it. */
export interface EvaluationEnd {
  /** False when user code did not answer: the code location did not load, or the process died. */
  readonly answered: boolean;
  readonly result: TickResult;
}

/** Where an executor puts what an evaluation reports before its end. */
export interface EvaluationSink {
  /** User code is about to be called: the time limit counts from here. */
  onRunning(): void;
  onPart(part: TickPart): void;
}

/** The code location versions that an executor keeps ready. */
export interface ExecutorLocations {
  /** Prepares a version that is active. The errors say why it cannot be loaded; a rejection means that it could not be fetched. */
  load(location: string, version: string): Promise<readonly LoadError[]>;
  /** Versions for which it does not hold need not be kept ready any more. */
  setActive(isActive: (location: string, version: string) => boolean): void;
  /** Removes old versions for which `isNeeded` does not hold, and returns the removed ones. */
  removeUnused(location: string, isNeeded: (version: string) => boolean): Promise<readonly string[]>;
}
