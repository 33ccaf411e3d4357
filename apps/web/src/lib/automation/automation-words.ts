/** What does a schedule or sensor do, when, and how late was it? In words, from its definition. Pure. */
import type { AutomationRef, TickCause } from "@headgate/shared/contract/automations/automation-views.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { CatchUpPolicy } from "@headgate/shared/domain/cron/catch-up.ts";
import { describeCron } from "@headgate/shared/domain/cron/describe.ts";
import { parseCron } from "@headgate/shared/domain/cron/parse.ts";
import type { FreshnessPolicySpec } from "@headgate/shared/domain/health/freshness-policy.ts";
import type { OverlapPolicy } from "@headgate/shared/manifest/automation.ts";
import type { Definitions } from "#lib/definitions.ts";
import { formatDuration, formatSpan } from "#lib/format/duration.ts";
import { plural } from "#lib/format/number.ts";

export type ScheduleDefinition = Definitions["document"]["schedules"][number];
export type SensorDefinition = Definitions["document"]["sensors"][number];

export function scheduleOf(definitions: Definitions, ref: AutomationRef): ScheduleDefinition | undefined {
  if (ref.kind !== "schedule") return undefined;
  return definitions.document.schedules.find((entry) => entry.name === ref.name && entry.location === ref.location);
}

export function sensorOf(definitions: Definitions, ref: AutomationRef): SensorDefinition | undefined {
  if (ref.kind !== "sensor") return undefined;
  return definitions.document.sensors.find((entry) => entry.name === ref.name && entry.location === ref.location);
}

/** `every day at 02:00`; a text that is no cron expression is shown as it is. */
export function cronWords(crons: readonly string[]): string {
  return crons
    .map((text) => {
      const parsed = parseCron(text);
      return parsed.ok ? describeCron(parsed.value) : text;
    })
    .join(", and ");
}

export function scheduleWords(schedule: ScheduleDefinition): string {
  const runs = schedule.evaluated
    ? `Asks its function which runs of ${schedule.job} to make, ${cronWords(schedule.cron)}`
    : `Runs ${schedule.job} ${cronWords(schedule.cron)}`;
  return `${runs} (${schedule.timezone}).`;
}

export function sensorKindWord(kind: SensorDefinition["kind"]): string {
  return kind === "run_status" ? "run status sensor" : `${kind} sensor`;
}

export function sensorWords(sensor: SensorDefinition): string {
  const effect = sensor.evaluated ? "asks its function what to run" : sensor.job === undefined ? "requests a run" : `runs ${sensor.job}`;
  return `${sensorCause(sensor)} it ${effect}.`;
}

function sensorCause(sensor: SensorDefinition): string {
  switch (sensor.kind) {
    case "polling":
      return `Every ${formatSpan(sensor.intervalSeconds * 1000)}${sensor.webhook ? ", and whenever a delivery comes," : ""}`;
    case "asset": {
      const assets = sensor.assets ?? [];
      if (assets.length < 2) return `Whenever ${assets[0] ?? "its asset"} is materialized`;
      return sensor.match === "all"
        ? `Once all of ${someOf(assets)} are materialized`
        : `Whenever one of ${someOf(assets)} is materialized`;
    }
    case "run_status": {
      const jobs = sensor.jobs ?? [];
      const of = jobs.length > 0 ? ` of ${someOf(jobs)}` : sensor.allLocations ? " of any code location" : "";
      return `Whenever a run${of} ${(sensor.runStatuses ?? ["failed"]).join(" or ")}`;
    }
    case "check":
      return `Whenever ${someOf(sensor.checks ?? []) || "a check"} ${(sensor.checkOutcomes ?? ["failed"]).join(" or ")}`;
    case "webhook":
      return "Whenever a delivery arrives at its address";
    default:
      return assertNever(sensor.kind);
  }
}

function someOf(names: readonly string[]): string {
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}

export function overlapWords(policy: OverlapPolicy | undefined): string {
  switch (policy) {
    case undefined:
    case "allow":
      return "starts another run beside it";
    case "skip":
      return "does nothing";
    case "queue":
      return "starts one when it has ended";
    case "cancel_previous":
      return "cancels it and starts another";
    default:
      return assertNever(policy);
  }
}

export function catchUpWords(policy: CatchUpPolicy | undefined): string {
  switch (policy?.type) {
    case undefined:
    case "latest":
      return "only the latest is made up for";
    case "none":
      return "none is made up for";
    case "last":
      return `the last ${policy.count} are made up for`;
    case "within":
      return `those of the last ${formatSpan(policy.ms)} are made up for`;
    default:
      return assertNever(policy);
  }
}

export function causeWords(cause: TickCause): string {
  switch (cause) {
    case "clock":
      return "its time came";
    case "catch_up":
      return "it was missed and made up for";
    case "event":
      return "something it watches happened";
    case "webhook":
      return "a delivery arrived";
    case "person":
      return "somebody asked for it";
    case "retry":
      return "the attempt before did not end";
    default:
      return assertNever(cause);
  }
}

/** Below this a tick counts as on time: a person cannot see the difference. */
const ON_TIME_MS = 1000;

export function latenessWords(lateMs: number | null): string {
  if (lateMs === null) return "";
  return lateMs < ON_TIME_MS ? "on time" : `${formatDuration(lateMs)} late`;
}

export function isLate(lateMs: number | null): boolean {
  return lateMs !== null && lateMs >= 10_000;
}

export function freshnessWords(policy: FreshnessPolicySpec): string {
  if (policy.type === "time_window") {
    const warn = policy.warnAfterSeconds === undefined ? "" : `, warns after ${formatSpan(policy.warnAfterSeconds * 1000)}`;
    return `Must be materialized every ${formatSpan(policy.failAfterSeconds * 1000)}${warn}.`;
  }
  const window = formatSpan(policy.lowerBoundSeconds * 1000);
  return `Must be materialized within ${window} before each deadline: ${cronWords([policy.cron])} (${policy.timezone ?? "UTC"}).`;
}

/** `3 failures in a row`. */
export function failuresWords(count: number): string {
  return count === 1 ? "the last tick failed" : `${plural(count, "failure")} in a row`;
}
