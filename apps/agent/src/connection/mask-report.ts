/** Secrets are hidden in what people wrote (messages, metadata, failures), never in keys: an asset may be named like a password. */
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { Mask } from "../logs/mask.ts";
import type { Report } from "./report.ts";

type TickReport = Extract<Report, { k: "tick" }>;

const WRITTEN: ReadonlySet<string> = new Set(["message", "fields", "metadata", "failure", "description", "reason"]);

/** The report with the values of secret variables hidden. */
export function maskReport(report: Report, mask: Mask): Report {
  if (!mask.active) return report;
  if (report.k === "event") return { ...report, event: maskEvent(report.event, mask) };
  if (report.k === "done" && report.result.outcome === "failed")
    return { ...report, result: { ...report.result, failure: masked(report.result.failure, mask) } };
  if (report.k === "tick") return { ...report, result: maskTick(report.result, mask) };
  if (report.k === "location" && report.errors !== undefined) return { ...report, errors: masked(report.errors, mask) };
  return report;
}

/** A cursor and the requested runs are data: the next evaluation gets back what this one gave. */
function maskTick(result: TickReport["result"], mask: Mask): TickReport["result"] {
  if (result.outcome === "failed") return masked(result, mask);
  const { skipReason } = result;
  return { ...result, logs: masked(result.logs, mask), ...(skipReason !== undefined && { skipReason: mask.text(skipReason) }) };
}

function maskEvent(event: StepEvent, mask: Mask): StepEvent {
  const entries = Object.entries(event).map(
    ([name, value]: [string, unknown]) => [name, WRITTEN.has(name) ? masked(value, mask) : value] as const,
  );
  return Object.fromEntries(entries) as StepEvent;
}

function masked<T>(value: T, mask: Mask): T {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // It is not serializable, so it will be refused, and only the refusal is sent.
    return value;
  }
  if (text === undefined || mask.text(text) === text) return value;
  return textsMasked(JSON.parse(text), mask) as T;
}

/** Masks texts only: a number that looks like a secret cannot be replaced, and records must keep their shape. */
function textsMasked(value: unknown, mask: Mask): unknown {
  if (typeof value === "string") return mask.text(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => textsMasked(entry, mask));
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, textsMasked(entry, mask)]));
}
