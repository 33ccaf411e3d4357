/** Describes a schedule or sensor from its definition: what it starts, when, and what happens to overlapping and missed ticks. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { CatchUpPolicy } from "@headgate/shared/domain/cron/catch-up.ts";
import { describeCron } from "@headgate/shared/domain/cron/describe.ts";
import { parseCron } from "@headgate/shared/domain/cron/parse.ts";
import type { OverlapPolicy } from "@headgate/shared/manifest/automation.ts";
import { formatSpan } from "#lib/format/duration.ts";
import type { ScheduleDefinition, SensorDefinition } from "#lib/schedules-sensors/find-definition.ts";

/** `every day at 02:00`; a text that is no cron expression is shown as it is. */
export function formatCron(crons: readonly string[]): string {
  return crons
    .map((text) => {
      const parsed = parseCron(text);
      return parsed.ok ? describeCron(parsed.value) : text;
    })
    .join(", and ");
}

export function formatSchedule(schedule: ScheduleDefinition): string {
  const runs = schedule.evaluated
    ? `Asks its function which runs of ${schedule.job} to make, ${formatCron(schedule.cron)}`
    : `Runs ${schedule.job} ${formatCron(schedule.cron)}`;
  return `${runs} (${schedule.timezone}).`;
}

export function formatSensorKind(kind: SensorDefinition["kind"]): string {
  return kind === "run_status" ? "run status sensor" : `${kind} sensor`;
}

export function formatSensor(sensor: SensorDefinition): string {
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

export function formatOverlap(policy: OverlapPolicy | undefined): string {
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

export function formatCatchUp(policy: CatchUpPolicy | undefined): string {
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
