/** Why something failed, in a form a person can act on. `kind` is a closed list; the dashboard has one sentence and one remedy for each. */
export const FAILURE_KINDS = [
  "user_code", // the user's function threw
  "dbt", // a dbt node failed, or dbt itself could not start or parse
  "check_failed", // a blocking check failed with severity error
  "timeout", // the step or run time limit passed
  "worker_died", // the worker process ended without a result
  "out_of_memory",
  "agent_lost", // no sign of life from the agent within the lease
  "load_failed", // the code location version could not be loaded on the agent
  "bad_output", // a result that cannot be stored: not serializable, too large, unknown asset
  "upstream_failed",
  "canceled",
  "no_agent", // no agent took the run within its start timeout
  "internal",
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

export interface StackFrame {
  readonly file: string;
  readonly line: number;
  readonly column?: number | undefined;
  readonly function?: string | undefined;
  /** False for frames of the SDK, Node and node_modules, which the dashboard folds. */
  readonly user: boolean;
}

export interface Failure {
  readonly kind: FailureKind;
  /** One sentence, e.g. `KeyError: 'missing'`. */
  readonly message: string;
  /** Error class name, when there is one. */
  readonly name?: string | undefined;
  readonly stack?: string | undefined;
  readonly frames?: readonly StackFrame[] | undefined;
  /** A few source lines around the first user frame, ready to print in a fixed-width font. */
  readonly codeFrame?: string | undefined;
  /** SQL or other compiled text that failed. */
  readonly source?: { readonly language: string; readonly text: string } | undefined;
  readonly cause?: Failure | undefined;
}
