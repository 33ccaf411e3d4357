/** Secrets are hidden in what people wrote (messages, metadata, failures), never in keys: an asset may be named like a password. */
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { Mask } from "../logs/mask.ts";
import type { Report } from "./report.ts";

const WRITTEN: ReadonlySet<string> = new Set(["message", "fields", "metadata", "failure", "description", "reason"]);

export function maskReport(report: Report, mask: Mask): Report {
  if (!mask.active) return report;
  if (report.k === "event") return { ...report, event: maskEvent(report.event, mask) };
  if (report.k === "done" && report.result.outcome === "failed")
    return { ...report, result: { ...report.result, failure: masked(report.result.failure, mask) } };
  return report;
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
    // Not serializable: it will be refused as such, and only the refusal is sent.
    return value;
  }
  if (text === undefined) return value;
  const safe = mask.text(text);
  return safe === text ? value : (JSON.parse(safe) as T);
}
