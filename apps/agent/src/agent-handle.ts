/** The entry and the tests use an agent through this interface. */
import type { Hello } from "@headgate/shared/protocol/up.ts";
import type { AgentLog } from "./agent-log.ts";
import type { ConnectionEnd } from "./connection/connection.ts";
import type { OpenExecutor } from "./executors/executor.ts";
import type { AgentTiming } from "./timing.ts";

/** An agent gets these from its entry or from a test. */
export interface AgentDeps {
  readonly log: AgentLog;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Chooses where user code runs. */
  readonly openExecutor: OpenExecutor;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly timing?: Partial<AgentTiming> | undefined;
}

/** Why the agent ended. */
export type AgentExit = Pick<ConnectionEnd, "message" | "exit">;

/** A running agent. */
export interface AgentHandle {
  /** The name under which the control plane knew this agent process when it started. */
  readonly instance: string;
  /** Resolves when the agent has ended: stopped, refused (if so configured) or replaced. Its own processes are gone then. */
  readonly exited: Promise<AgentExit>;
  /** No new work; running steps get the grace time, then are stopped and reported; then the connection closes. */
  stop(reason: string): Promise<void>;
  /** Ends every process of the agent at once, for a second Ctrl-C. */
  kill(): void;
  /** The inner state, for people and tests. */
  snapshot(): AgentSnapshot;
}

/** The inner state of an agent at one moment. */
export interface AgentSnapshot {
  /** The control plane has welcomed the agent, and the connection is open. */
  readonly connected: boolean;
  /** Why there is no connection; null before the first attempt has ended. */
  readonly problem: string | null;
  /** When the connection last did something, or will do something next. See `Connection.activeAt`. */
  readonly activeAt: number;
  /** Why the agent stops; null while it takes work. */
  readonly draining: string | null;
  readonly running: number;
  readonly slots: number;
  readonly workers: readonly number[];
  /** How many processes of user code ended by themselves. */
  readonly workerDeaths: number;
  /** Reports that the control plane has not acknowledged yet. */
  readonly unacknowledged: number;
  readonly spoolBytes: number;
  readonly nextItem: number;
  readonly acknowledged: number;
  readonly locations: Hello["locations"];
}
