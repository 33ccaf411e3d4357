/** Describes a schedule or sensor from its definition: what it starts, when, and what happens to overlapping and missed ticks. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { CatchUpPolicy } from "@headgate/shared/domain/cron/catch-up.ts";
import { describeCron } from "@headgate/shared/domain/cron/describe.ts";
import { parseCron } from "@headgate/shared/domain/cron/parse.ts";
import type { OverlapPolicy } from "@headgate/shared/manifest/automation.ts";
import { formatSpan } from "@headgate/shared/format/duration.ts";
import { runsWhen } from "@headgate/shared/sensor/sensor-kinds.ts";
import type { ScheduleDefinition, SensorDefinition } from "#lib/schedules-sensors/find-definition.ts";

/** `every day at 02:00`. A text that is not a cron expression is returned unchanged. */
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
    ? `Calls its function to decide which runs of ${schedule.job} to start, ${formatCron(schedule.cron)}`
    : `Runs ${schedule.job} ${formatCron(schedule.cron)}`;
  return `${runs} (${schedule.timezone}).`;
}

export function formatSensor(sensor: SensorDefinition): string {
  const effect = sensor.evaluated ? "Calls its function" : sensor.job === undefined ? "Requests a run" : `Runs ${sensor.job}`;
  return `${effect} ${runsWhen(sensor)}.`;
}

export function formatOverlap(policy: OverlapPolicy | undefined): string {
  switch (policy) {
    case undefined:
    case "allow":
      return "starts another run while one is active";
    case "skip":
      return "skips the tick while a run is active";
    case "queue":
      return "waits until the active run ends";
    case "cancel_previous":
      return "cancels the active run and starts a new one";
    default:
      return assertNever(policy);
  }
}

export function formatCatchUp(policy: CatchUpPolicy | undefined): string {
  switch (policy?.type) {
    case undefined:
    case "latest":
      return "catches up on the latest missed tick";
    case "none":
      return "no catch-up";
    case "last":
      return `catches up on the last ${policy.count} missed ticks`;
    case "within":
      return `catches up on ticks missed in the last ${formatSpan(policy.ms)}`;
    default:
      return assertNever(policy);
  }
}
