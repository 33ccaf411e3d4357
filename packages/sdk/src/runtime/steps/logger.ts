/** The `log` of user code, as step events. */
import { isRecord } from "@headgate/shared/domain/json.ts";
import type { LogLevel, StepEvent } from "@headgate/shared/domain/run/event.ts";
import { storable } from "@headgate/shared/domain/value/storable.ts";
import type { Logger } from "../../values/log.ts";

export type WriteLog = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export function createLogger(write: WriteLog): Logger {
  const at =
    (level: LogLevel) =>
    (message: unknown, fields?: unknown): void =>
      write(level, textOf(message), fields === undefined || fields === null ? undefined : fieldsOf(fields));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), warning: at("warn"), error: at("error") };
}

/** `asset` names the asset whose function logs, where there is exactly one. */
export function stepLogger(emit: (event: StepEvent) => void, asset?: string): Logger {
  return createLogger((level, message, fields) =>
    emit({ type: "log", level, message, source: "user", ...(fields && { fields }), ...(asset !== undefined && { asset }) }),
  );
}

/** A log line must never fail the step that writes it: what the types do not allow becomes text, too. */
function textOf(message: unknown): string {
  if (typeof message === "string") return message;
  const json = withStack(message);
  return typeof json === "string" ? json : JSON.stringify(json);
}

function fieldsOf(fields: unknown): Record<string, unknown> {
  if (fields instanceof Error || !isRecord(fields)) return { value: withStack(fields) };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, withStack(value)]));
}

/** A person reads it, so that an error has its stack and `undefined` is seen. */
function withStack(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message;
  return value === undefined || typeof value === "bigint" ? String(value) : storable(value);
}
