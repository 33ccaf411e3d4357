/** Describes a freshness policy in one sentence. */
import type { FreshnessPolicySpec } from "@headgate/shared/domain/health/freshness-policy.ts";
import { formatSpan } from "@headgate/shared/format/duration.ts";
import { formatCron } from "#lib/schedules-sensors/format-automation.ts";

export function formatFreshnessPolicy(policy: FreshnessPolicySpec): string {
  if (policy.type === "time_window") {
    const warn = policy.warnAfterSeconds === undefined ? "" : `, warns after ${formatSpan(policy.warnAfterSeconds * 1000)}`;
    return `Must be materialized every ${formatSpan(policy.failAfterSeconds * 1000)}${warn}.`;
  }
  const window = formatSpan(policy.lowerBoundSeconds * 1000);
  return `Must be materialized within ${window} before each deadline: ${formatCron([policy.cron])} (${policy.timezone ?? "UTC"}).`;
}
