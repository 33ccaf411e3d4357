/** What `resources.pipes` is in `run`. */
import type { Duration } from "../../options/duration.ts";
import type { CheckResult, Materialization } from "../../values/result.ts";

/** What a program reported; an asset's function yields or returns these. */
export type PipesOutput = Materialization<undefined> | CheckResult;

/** Options of `resources.pipes.run`. */
export interface PipesRunOptions {
  /** Program and arguments, not through a shell. */
  readonly command: readonly [string, ...string[]];
  /** Default: the code location's folder; relative paths start there. */
  readonly cwd?: string | undefined;
  /** Added to the worker's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** What the program finds in its context under `extras`. A bigint arrives as an integer; what JSON cannot hold, e.g. NaN, as text. */
  readonly extras?: Readonly<Record<string, unknown>> | undefined;
  /**
   * How the program sends its messages: lines of a file (the default), or lines among its output, for programs that cannot write to a file
   * that this process reads.
   */
  readonly messages?: "file" | "stdout" | "stderr" | undefined;
  /** Assets that the program makes. Default: those of the step. */
  readonly assets?: readonly string[] | undefined;
  /** Called for each message of `report_custom_message`. Integers beyond 2^53 are bigints, NaN and the infinities are themselves. */
  readonly onCustomMessage?: ((payload: unknown) => void) | undefined;
  /** Time that the program has after SIGINT before it gets SIGKILL. Default 20 seconds. */
  readonly interruptGrace?: Duration | undefined;
}

/** What `resources.pipes` is in `run`. */
export interface PipesClient {
  /**
   * Runs a program and yields what it reports, as it reports it; its log lines appear in the run. Assets of the step that it did not
   * report are materialized when it succeeds.
   *
   * @example
   * defineAsset({ key: "ml/scores", requires: [pipes], run: ({ resources }) => resources.pipes.run({ command: ["python", "score.py"] }) });
   */
  run(options: PipesRunOptions): AsyncGenerator<PipesOutput, void>;
}
