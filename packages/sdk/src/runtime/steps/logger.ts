/** The `log` of user code, as step events. */
import type { LogLevel, StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { Logger } from "../../values/log.ts";

const MAX_MESSAGE = 60 * 1024;

export type WriteLog = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export function createLogger(write: WriteLog): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      write(level, shorten(message), fields && storable(fields));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** `asset` names the asset whose function logs, where there is exactly one. */
export function stepLogger(emit: (event: StepEvent) => void, asset?: string): Logger {
  return createLogger((level, message, fields) =>
    emit({ type: "log", level, message, source: "user", ...(fields && { fields }), ...(asset !== undefined && { asset }) }),
  );
}

function shorten(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)}... (shortened)`;
}

/** A log line must never fail the step that writes it: what JSON cannot hold becomes text. */
function storable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(fields).map(([key, value]): [string, unknown] => {
    if (value instanceof Error) return [key, value.stack ?? value.message];
    try {
      const text = JSON.stringify(value);
      if (text === undefined) return [key, String(value)];
      return [key, text.length > MAX_MESSAGE ? shorten(text) : (JSON.parse(text) as unknown)];
    } catch {
      return [key, String(value)];
    }
  });
  return Object.fromEntries(entries);
}
