/**
 * Admits reports to the outbox. Reports come from user code, so each is brought to exactly what the control plane will parse: what is too
 * large is cut with a notice, values that JSON cannot hold become text, and only a report of a wrong form becomes a `bad_output` failure.
 * Thus no report can make the control plane refuse a frame, and none fails work for the size of what it says.
 */
import { cutText, jsonBytes } from "@headgate/shared/domain/value/cut-text.ts";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { MAX_ITEM_BYTES } from "@headgate/shared/protocol/constants.ts";
import { fitEvent } from "@headgate/shared/protocol/fit-event.ts";
import { upItemSchema, type UpItem } from "@headgate/shared/protocol/up.ts";

type WithoutNumber<T> = T extends unknown ? Omit<T, "s"> : never;
/** An item before it has its number. */
export type Report = WithoutNumber<UpItem>;
export type EventReport = Extract<Report, { k: "event" }>;

/** Space for the number that is inserted later. */
const NUMBER_BYTES = 32;
/** All lines that one tick logs, in JSON; the runs that it asks for need the rest. */
const TICK_LOGS_BYTES = 64 * 1024;
const TICK_LINE_BYTES = 8 * 1024;
const TICK_TEXT_BYTES = 20 * 1024;

/** A report in the form in which it is sent. */
export interface AdmittedReport {
  readonly report: Report;
  /** JSON without the number, beginning with `{"k":`. */
  readonly text: string;
  /** Set when the report had to be replaced: the step attempt must end as failed with this. */
  readonly failure: Failure | null;
}

/** Cuts or replaces a report that the control plane would refuse. */
export function admitReport(report: Report): AdmittedReport {
  const trimmed = trimIfPossible(report);
  const problem = problemOf(trimmed);
  if (problem.text !== null) return { report: trimmed, text: problem.text, failure: null };
  const { report: replaced, failure } = replacement(trimmed, problem.why);
  const second = problemOf(replaced);
  if (second.text === null) throw new TypeError(`The replacement of a bad report is itself bad: ${second.why}`);
  return { report: replaced, text: second.text, failure };
}

type Problem = { readonly text: string; readonly why: "" } | { readonly text: null; readonly why: string };

function problemOf(report: Report): Problem {
  let text: string;
  try {
    text = JSON.stringify(report);
  } catch (error) {
    return { text: null, why: `it is not serializable as JSON (${error instanceof Error ? error.message.split("\n")[0] : String(error)})` };
  }
  if (Buffer.byteLength(text) + NUMBER_BYTES > MAX_ITEM_BYTES) {
    return { text: null, why: `it is ${Buffer.byteLength(text)} bytes, more than the limit of ${MAX_ITEM_BYTES}` };
  }
  // Parses what the other side will see: NaN has become null, undefined is gone.
  const parsed = upItemSchema.safeParse({ ...(JSON.parse(text) as object), s: 1 });
  if (parsed.success) return { text, why: "" };
  const [issue] = parsed.error.issues;
  return { text: null, why: issue === undefined ? "it is malformed" : `'${issue.path.join(".")}': ${issue.message}` };
}

/** User code may have reported something of another shape than the types say. What cannot be cut is checked as it is. */
function trimIfPossible(report: Report): Report {
  try {
    return trim(report);
  } catch {
    return report;
  }
}

function trim(report: Report): Report {
  switch (report.k) {
    case "event":
      return { ...report, event: trimEvent(report.event) };
    case "done":
      return { ...report, result: trimOutcome(report.result) };
    case "tick":
      return { ...report, result: trimTick(report.result) };
    case "tick_part":
    case "location":
      return report;
  }
}

function trimEvent(event: StepEvent): StepEvent {
  return event.type === "asset_failed" ? { ...event, failure: trimFailure(event.failure) } : fitEvent(event);
}

type TickResult = Extract<Report, { k: "tick" }>["result"];

/** Texts and log lines are cut. The requests of a tick are never cut. */
function trimTick(result: TickResult): TickResult {
  const logs = result.logs && trimLines(result.logs);
  if (result.outcome === "failed") {
    const { message, stack } = result;
    return {
      ...result,
      ...(logs && { logs }),
      message: cutText(message, TICK_TEXT_BYTES),
      ...(stack !== undefined && { stack: cutText(stack, TICK_TEXT_BYTES) }),
    };
  }
  const { skipReason } = result;
  return { ...result, logs: logs ?? [], ...(skipReason !== undefined && { skipReason: cutText(skipReason, TICK_TEXT_BYTES) }) };
}

type Lines = NonNullable<TickResult["logs"]>;

function trimLines(lines: Lines): Lines {
  const kept: Lines = [];
  let left = TICK_LOGS_BYTES;
  for (const line of lines) {
    const short = { ...line, message: cutText(line.message, TICK_LINE_BYTES) };
    left -= jsonBytes(short);
    if (left < 0)
      return [...kept, { ...line, level: "warn", message: `${lines.length - kept.length} further lines of this tick are left out.` }];
    kept.push(short);
  }
  return kept;
}

function trimOutcome(result: StepOutcome): StepOutcome {
  return result.outcome === "failed" ? { ...result, failure: trimFailure(result.failure) } : result;
}

/** Small enough, in bytes of JSON, that even with causes an item stays within its limit. */
export function trimFailure(failure: Failure, depth = 0): Failure {
  const share = 2 ** depth;
  const cut = (text: string, bytes: number): string => cutText(text, Math.floor(bytes / share));
  const { cause, source, frames, stack, codeFrame, name, ...rest } = failure;
  return {
    ...rest,
    message: cut(failure.message, 15_000),
    ...(name !== undefined && { name: cutText(name, 500) }),
    ...(stack !== undefined && { stack: cut(stack, 30_000) }),
    ...(frames !== undefined && { frames: frames.slice(0, 50 / share).map((frame) => ({ ...frame, file: cutText(frame.file, 500) })) }),
    ...(codeFrame !== undefined && { codeFrame: cut(codeFrame, 10_000) }),
    ...(source !== undefined && { source: { ...source, text: cut(source.text, 40_000) } }),
    ...(cause !== undefined && depth < 4 && { cause: trimFailure(cause, depth + 1) }),
  };
}

function replacement(report: Report, why: string): { report: Report; failure: Failure | null } {
  if (report.k === "tick") {
    return {
      report: { ...report, result: { outcome: "failed", message: `The result of this tick cannot be stored: ${why}.` } },
      failure: null,
    };
  }
  // A part that cannot be stored ends the tick as failed: its requests must not be lost silently.
  if (report.k === "tick_part") {
    const message = `A checkpoint of this tick cannot be stored: ${why}.`;
    return { report: { k: "tick", tick: report.tick, result: { outcome: "failed", message } }, failure: null };
  }
  if (report.k === "location") {
    return {
      report: { ...report, state: "failed", errors: [{ kind: "project", message: `The load errors cannot be shown: ${why}.` }] },
      failure: null,
    };
  }
  if (report.k === "done") {
    const failure = badOutput("The end of this step", why);
    return { report: { ...report, result: { outcome: "failed", failure, retryable: false } }, failure };
  }
  const { event } = report;
  const asset = "asset" in event && typeof event.asset === "string" ? event.asset : undefined;
  const failure = badOutput(
    `${event.type === "check_evaluated" ? `The check '${event.check}'` : `The report '${event.type}'`}${asset === undefined ? "" : ` of ${asset}`}`,
    why,
  );
  if (event.type === "log")
    return {
      report: { ...report, event: { type: "log", level: "warn", message: `A log line was left out: ${why}.`, source: "agent" } },
      failure: null,
    };
  if (asset === undefined)
    return { report: { ...report, event: { type: "log", level: "error", message: failure.message, source: "agent" } }, failure };
  return { report: { ...report, event: { type: "asset_failed", asset: cutText(asset, 1000), failure } }, failure };
}

function badOutput(subject: string, why: string): Failure {
  return {
    kind: "bad_output",
    message: cutText(`${subject} cannot be stored: ${why}. Report less, or store the value elsewhere and report where it is.`, 15_000),
  };
}
