/** The log of the agent: one JSON object per line, so that people can read it and log collectors can parse it. */
import type { LogLevel } from "@headgate/shared/domain/run/event.ts";

export type LogFields = Readonly<Record<string, unknown>>;

/** Where the agent writes its log. A message is a constant sentence; what varies goes into the fields. */
export interface AgentLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LineLogOptions {
  readonly level: LogLevel;
  readonly now: () => number;
  readonly write: (line: string) => void;
}

/** A log of JSON lines. Lines below `level` are left out. */
export function lineLog({ level, now, write }: LineLogOptions): AgentLog {
  const at = (entry: LogLevel) => (message: string, fields?: LogFields) => {
    if (RANK[entry] < RANK[level]) return;
    write(`${JSON.stringify({ at: new Date(now()).toISOString(), level: entry, message, ...fields })}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** The text of anything that was thrown, with the causes that Node's fetch and sockets hide. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === "" ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
  return error.cause === undefined ? own : `${own}: ${errorText(error.cause)}`;
}
