/**
 * What may enter the outbox. Reports come from user code, so each is brought to exactly what the control plane will parse:
 * too long text is cut with a notice, anything that cannot be stored becomes a `bad_output` failure. Thus no report can make the
 * control plane refuse a frame.
 */
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { MAX_ITEM_BYTES, MAX_METADATA_BYTES } from "@headgate/shared/protocol/constants.ts";
import { upItemSchema, type UpItem } from "@headgate/shared/protocol/up.ts";

type WithoutNumber<T> = T extends unknown ? Omit<T, "s"> : never;
/** An item before it has its number. */
export type Report = WithoutNumber<UpItem>;
export type EventReport = Extract<Report, { k: "event" }>;

/** Space for the number that is inserted later. */
const NUMBER_BYTES = 32;
const LOG_MESSAGE_LIMIT = 60 * 1024;

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
  if (report.k === "event" && "metadata" in report.event) {
    const size = Buffer.byteLength(JSON.stringify(report.event.metadata));
    if (size > MAX_METADATA_BYTES)
      return { text: null, why: `its metadata is ${size} bytes, more than the limit of ${MAX_METADATA_BYTES}` };
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
  if (report.k === "event") return { ...report, event: trimEvent(report.event) };
  if (report.k === "done") return { ...report, result: trimOutcome(report.result) };
  return report;
}

function trimEvent(event: StepEvent): StepEvent {
  if (event.type === "log") {
    const message = cut(event.message, LOG_MESSAGE_LIMIT);
    const fields =
      event.fields === undefined || sizeOf(event.fields) <= MAX_METADATA_BYTES - LOG_MESSAGE_LIMIT
        ? event.fields
        : { notice: "fields left out: too large or not serializable" };
    return { ...event, message, ...(fields !== undefined && { fields }) };
  }
  if (event.type === "asset_failed") return { ...event, failure: trimFailure(event.failure) };
  return event;
}

function trimOutcome(result: StepOutcome): StepOutcome {
  return result.outcome === "failed" ? { ...result, failure: trimFailure(result.failure) } : result;
}

/** Small enough that even with causes an item stays within its limit. */
export function trimFailure(failure: Failure, depth = 0): Failure {
  const share = 2 ** depth;
  const { cause, source, frames, stack, codeFrame, ...rest } = failure;
  return {
    ...rest,
    message: cut(failure.message, 15_000 / share),
    ...(stack !== undefined && { stack: cut(stack, 30_000 / share) }),
    ...(frames !== undefined && { frames: frames.slice(0, 50 / share) }),
    ...(codeFrame !== undefined && { codeFrame: cut(codeFrame, 10_000 / share) }),
    ...(source !== undefined && { source: { ...source, text: cut(source.text, 40_000 / share) } }),
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
  return { report: { ...report, event: { type: "asset_failed", asset: cut(asset, 500), failure } }, failure };
}

function badOutput(subject: string, why: string): Failure {
  return {
    kind: "bad_output",
    message: cut(`${subject} cannot be stored: ${why}. Report less, or store the value elsewhere and report where it is.`, 15_000),
  };
}

function sizeOf(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? "");
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function cut(text: string, limit: number): string {
  const characters = Math.floor(limit);
  if (text.length <= characters) return text;
  const notice = `… [${text.length - characters} characters cut]`;
  return `${text.slice(0, characters).toWellFormed()}${notice}`;
}
