/** A `Trino` as an asset would get it, closed when the test ends. */
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { Logger } from "../../src/values/log.ts";
import { trinoResource, type Trino, type TrinoOptions } from "../../src/integrations/trino/index.ts";

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface OpenTrino {
  readonly trino: Trino;
  readonly lines: LogLine[];
  readonly abort: AbortController;
  /** What the runtime does when the step ends. */
  close(): Promise<void>;
}

export async function openTrino(options: TrinoOptions, env: Readonly<Record<string, string>> = {}): Promise<OpenTrino> {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void lines.push({ level, message, fields });
  const log: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), warning: at("warn"), error: at("error") };
  const abort = new AbortController();
  const definition = trinoResource(options)["~definition"];
  const trino = (await definition.setup({
    config: undefined,
    env,
    folders: { root: process.cwd(), storage: process.cwd(), scratch: process.cwd() },
    log,
    signal: abort.signal,
    step: "gold/orders",
    run: { id: "run-1", job: "nightly", attempt: 1, assets: ["gold/orders"] },
  })) as Trino;
  const close = async (): Promise<void> => definition.teardown?.(trino);
  onTestFinished(close);
  return { trino, lines, abort, close };
}

/** Looks again until it is so; the test's own time limit ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(25);
}

/** What something was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It was expected to fail, but it did not.");
}

export async function listOf<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
