/** Why a worker process ended without a result, as a failure. */
import type { Failure } from "@headgate/shared/domain/run/failure.ts";

/** How a process ended. */
export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** False when the agent asked the worker to end. */
  readonly byItself: boolean;
  /** Last lines of stderr. */
  readonly stderr: string;
}

const ABORT_EXIT = 134;
const KILL_EXIT = 137;

/** The failure of a step whose worker ended. */
export function deathFailure({ code, signal, stderr }: Death): Failure {
  const how = signal === null ? `exit code ${String(code)}` : `signal ${signal}`;
  const tail = stderr.trim() === "" ? {} : { stack: stderr.trim() };
  const aborted = signal === "SIGABRT" || code === ABORT_EXIT;
  if (aborted && /heap out of memory|allocation failed/i.test(stderr)) {
    return {
      kind: "out_of_memory",
      message: `The worker process ran out of its heap memory (${how}). Give workers more with --worker-memory, or hold less data at once.`,
      ...tail,
    };
  }
  if (signal === "SIGKILL" || code === KILL_EXIT) {
    return {
      kind: "out_of_memory",
      message: `The worker process was killed (${how}), most often because the machine or container had no memory left.`,
      ...tail,
    };
  }
  const advice = signal === null ? " Code that runs in it must throw an error instead of calling process.exit()." : "";
  return { kind: "worker_died", message: `The worker process ended without a result (${how}).${advice}`, ...tail };
}
